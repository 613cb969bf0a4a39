"""The text of `contract.py`: what a delivered row must look like."""

import ast
import json
import math
import re
import textwrap
from collections.abc import Iterator, Sequence

from platform_assets.scaffold.columns import Facts
from platform_assets.scaffold.identifiers import identifiers
from platform_assets.scaffold.plan import Plan

WIDTH = 100
_MOST_DIGITS = 12
_PERSONAL = re.compile(
    r"(^|_|\b)(e?mail|phone|mobile|surname|(first|last|full)_?name|address|street|passport|ssn|iban"
    r"|birth_?da(y|te)|dob)(\b|_|$)",
    re.IGNORECASE,
)
_HEAD = '''"""What a delivered row must look like.

{seen}
"""

{imports}import pandera.pandas as pa
from pandera.typing import Series


class Contract(pa.DataFrameModel):
    """One row of {file}."""  # say what a row is, and in which units

    class Config:
        coerce = True
        strict = "filter"  # columns that are not named here are left alone

'''


def contract_text(plan: Plan) -> str:
    """The module, laid out as ruff lays it out."""
    rows = f"{'the' if plan.sample.whole else 'the first'} {plan.sample.rows:,} rows"
    seen = (
        f"Seen in {rows} of {quiet(plan.sample.file)}, and wider than that: make each rule as "
        "narrow as what you know. A row that breaks one is not lost: it goes to quarantine with "
        "the name of the rule."
    )
    has_time = any(text_type(plan, one) == "pd.Timestamp" for one in plan.columns.values())
    head = _HEAD.format(
        seen=textwrap.fill(seen, WIDTH),
        file=quiet(plan.sample.file),
        imports="import pandas as pd\n" if has_time else "",
    )
    attributes = identifiers(plan.columns)
    lines = [
        line for name, one in plan.columns.items() for line in _field(plan, attributes[name], one)
    ]
    return head + "\n".join(lines) + "\n"


def text_type(plan: Plan, found: Facts) -> str:
    """The type of a column, as the contract's annotations write it.

    Whole numbers with gaps are floats, and truth with gaps is text: neither of the types has a
    value for what is missing.
    """
    if found.kind in ("text", "empty") or (found.kind == "boolean" and found.missing):
        return "str"
    if found.kind == "integer" and found.missing and found.name != plan.id:
        return "str" if found.name == plan.target.name and plan.target.classes else "float"
    if found.name in plan.dates:
        return "float"
    types = {"boolean": "bool", "integer": "int", "number": "float", "time": "pd.Timestamp"}
    return types[found.kind]


def _field(plan: Plan, attribute: str, found: Facts) -> Iterator[str]:
    if found.strays:
        shown = ", ".join(json.dumps(value, ensure_ascii=False) for value in found.strays[:3])
        yield f"    # Rows that hold {shown} or the like go to quarantine."
    start = f"    {attribute}: Series[{text_type(plan, found)}]"
    rules = list(_rules(plan, attribute, found))
    if not rules:
        yield start
        return
    whole = f"{start} = pa.Field({', '.join(rules)})"
    inner = f"        {', '.join(rules)}"
    if len(whole) <= WIDTH:
        yield whole
        return
    yield f"{start} = pa.Field("
    if len(inner) <= WIDTH:
        yield inner
    else:
        for rule in rules:
            yield from _long(rule)
    yield "    )"


def _long(rule: str) -> Iterator[str]:
    """A rule on its own line, its list on more where it has to be."""
    line = f"        {rule},"
    key, _, items = rule.partition("=[")
    if len(line) <= WIDTH or key != "isin":
        yield line
        return
    yield f"        {key}=["
    for item in ast.literal_eval(f"[{items}"):
        yield f"            {_word(item) if isinstance(item, str) else item},"
    yield "        ],"


def _rules(plan: Plan, attribute: str, found: Facts) -> Iterator[str]:
    if attribute != found.name:
        yield f"alias={_word(found.name)}"
    allowed = _allowed(plan, found)
    if allowed:
        yield f"isin=[{', '.join(allowed)}]"
    elif found.is_number and text_type(plan, found) != "str" and found.name != plan.id:
        yield from _range(found)
    if found.missing and found.name != plan.id:
        yield "nullable=True"
    metadata = list(_metadata(plan, found))
    if metadata:
        yield f"metadata={{{', '.join(metadata)}}}"


def _allowed(plan: Plan, found: Facts) -> Sequence[str]:
    """The values of an `isin`, as Python writes them; none where others may come."""
    kind = text_type(plan, found)
    if found.name == plan.target.name and plan.target.classes and kind != "bool":
        sure = plan.sample.whole or plan.target.task == "binary"
        classes = list(plan.target.classes) if sure else []
        return [_word(one) for one in classes] if kind == "str" else _numbers(classes, kind)
    if found.name in (plan.id, plan.time) or kind in ("bool", "float", "pd.Timestamp"):
        return []
    if kind == "int":
        return _numbers(found.listed, kind) if set(found.listed) == {"0", "1"} else []
    return [_word(value) for value in found.listed]


def _numbers(values: Sequence[str], kind: str) -> list[str]:
    return [str(float(value)) if kind == "float" else str(int(value)) for value in values]


def _range(found: Facts) -> Iterator[str]:
    """Ten times beyond what was seen, and below zero only if that was."""
    largest = max(abs(found.low), abs(found.high))
    digits = math.ceil(math.log10(largest)) + 1 if largest else 1
    if digits <= _MOST_DIGITS:
        bound = f"{10 ** max(digits, 0):_}"
        yield f"ge={'0' if found.low >= 0 else f'-{bound}'}"
        yield f"le={bound}"
    elif found.low >= 0:
        yield "ge=0"


def _metadata(plan: Plan, found: Facts) -> Iterator[str]:
    notation = "date" if found.name in plan.dates else found.notation
    if notation:
        yield f'"notation": "{notation}"'
    if found.kind == "time" and found.format:
        yield f'"format": {_word(found.format)}'
    if found.decimal_comma:
        yield '"decimal": ","'
    if _PERSONAL.search(found.name):
        yield '"personal": True'


def _word(text: str) -> str:
    """A string as ruff writes it."""
    quoted = json.dumps(text, ensure_ascii=False)
    plain = '"' in text and "'" not in text and "\\" not in text and text.isprintable()
    return f"'{text}'" if plain else quoted


def quiet(text: str) -> str:
    """A file's name as a docstring or a comment can hold it."""
    return " ".join(text.replace("\\", "/").replace('"', "'").split())

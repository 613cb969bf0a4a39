"""Which columns a model may learn from, and why not the others."""

import re
from collections.abc import Mapping

from platform_assets.scaffold.columns import Facts
from platform_assets.scaffold.sample import Column

NAMES_ROW = "seems to name the row"
_FREE_TEXT = 50
_OWN_VALUE = 0.5
_FEW = 20
_ID_NAME = re.compile(
    r"(^|[\W_])(id|ids|uuid|guid|key|index|idx|no|nr|number|row|rownames|rownum)$|[a-z]I[dD]$",
    re.IGNORECASE,
)
_UNNAMED = re.compile(r"Unnamed: \d+")


def why_left_out(found: Facts, columns: Mapping[str, Column], target: str) -> str | None:
    """One phrase on why the column is no feature; None if it is one."""
    if found.kind == "empty":
        return "is empty in the sample"
    if found.distinct == 1 and not found.missing:
        return f"is always {next(iter(found.counts))!r} in the sample"
    if _names_a_row(found):
        return NAMES_ROW
    if found.kind == "text":
        reason = _why_no_words(found)
        if reason:
            return reason
    if _says_the_same(columns[found.name], columns[target]):
        return f"says the same as {target!r}"
    return None


def _names_a_row(found: Facts) -> bool:
    """Has each row its own value, and a name or values as ids have them?"""
    if found.kind not in ("integer", "text") or found.distinct < found.present or found.present < 3:
        return False
    if _ID_NAME.search(found.name) or _UNNAMED.fullmatch(found.name):
        return True
    in_sequence = found.kind == "integer" and found.high - found.low + 1 == found.present
    return in_sequence and found.present > _FEW


def _why_no_words(found: Facts) -> str | None:
    length = sum(len(value) * rows for value, rows in found.counts.items()) / found.present
    if length > _FREE_TEXT:
        return "is free text"
    if found.distinct > _FEW and found.distinct > _OWN_VALUE * found.present:
        return f"has {found.distinct:,} values in {found.present:,} rows"
    return None


def _says_the_same(column: Column, target: Column) -> bool:
    """Does each value of one stand for one of the other, time and again and both ways?"""
    pairs = [(one, other) for one, other in zip(column, target, strict=True) if other is not None]
    values, others = {one for one, _ in pairs}, {other for _, other in pairs}
    if len(values) > len(pairs) / 2:
        return all(one == other for one, other in pairs)
    return len(set(pairs)) == len(values) == len(others)

"""Names for attributes of a contract, where columns may be called anything."""

import keyword
import re
import unicodedata
from collections.abc import Iterable

import pandera.pandas as pandera

# What a contract's module and class use themselves.
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_TAKEN = frozenset({"pa", "pd", "Series", "Contract", "Config", "bool", "float", "int", "str"})


def identifiers(names: Iterable[str]) -> dict[str, str]:
    """An attribute for each column, the same as the column wherever Python and pandera allow."""
    found: dict[str, str] = {}
    for name in names:
        base = name if _is_free(name) else _similar(name)
        chosen, number = base, 2
        while chosen in found.values():
            chosen, number = f"{base}_{number}", number + 1
        found[name] = chosen
    return found


def _is_free(name: str) -> bool:
    """Can the name be an attribute, with an annotation, that hides nothing?"""
    return (
        name.isidentifier()
        and name.isascii()
        and not name.startswith("_")
        and (name.islower() or not name[0].islower())
        and not keyword.iskeyword(name)
        and not hasattr(pandera.DataFrameModel, name)
        and name not in _TAKEN
    )


def _similar(name: str) -> str:
    spelled = "".join(char if char.isascii() else char.casefold() for char in name)
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    divided = _HUMP.sub("_", plain)
    words = re.sub(r"\W+", "_", divided).strip("_").lower() or "column"
    words = words if words[0].isalpha() else f"column_{words}"
    return words if _is_free(words) else f"{words}_"

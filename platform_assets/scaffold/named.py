"""Finding columns by name, and names that a table cannot carry."""

import difflib
from collections.abc import Collection

from platform_assets.errors import NotScaffolded
from platform_assets.scaffold.sample import Sample

# What the tables of a model say about each row themselves.
RESERVED = frozenset({"_delivery", "_file", "_row", "_rule", "_detail", "_original", "_part"})
_SHOWN = 30


def find(sample: Sample, key: str, wanted: str) -> str:
    """The column that is called `wanted`, but for spaces at its ends.

    Raises
    ------
    NotScaffolded
        With the names that there are, if it is none of them or cannot be used.
    """
    names = list(sample.columns)
    matching = [name for name in names if name == wanted] or [
        name for name in names if name.strip() == wanted.strip()
    ]
    if len(matching) == 1 and matching[0] and matching[0].lower() not in RESERVED:
        return matching[0]
    if wanted in sample.nested:
        problem = f"--{key} {wanted!r} holds lists or objects"
        raise NotScaffolded(sample.file, problem, "name a column of plain values")
    if matching:
        problem = f"--{key} {wanted!r} is a name that Slipway's own tables use"
        raise NotScaffolded(sample.file, problem, "rename the column")
    header = "it has no header line; " if sample.reading.header else ""
    problem = f"has no column {wanted!r} for --{key}"
    raise NotScaffolded(sample.file, problem, f"{header}name one of: {_shown(wanted, names)}")


def unusable(sample: Sample, needed: Collection[str]) -> dict[str, str]:
    """The columns that no table can carry, with the reason; `needed` ones win over others."""
    reasons = dict.fromkeys(sample.nested, "holds lists or objects")
    taken = {name.lower() for name in needed}
    for name in sample.columns:
        if name in needed:
            continue
        if not name.strip():
            reasons[name] = "has no name"
        elif name.lower() in RESERVED:
            reasons[name] = "has a name that Slipway's own tables use"
        elif name.lower() in taken:
            reasons[name] = "differs from another name in capitals alone"
        taken.add(name.lower())
    return reasons


def _shown(wanted: str, names: list[str]) -> str:
    """All names, or those of a wide table that are closest."""
    if len(names) <= _SHOWN:
        return ", ".join(names)
    close = difflib.get_close_matches(wanted, names, n=5, cutoff=0.4) or names[:5]
    return f"{', '.join(close)} and {len(names) - len(close)} more"

"""What is not the same in two models, by the names of what went into them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """`name` was `before` in the champion and is `after` in the candidate; a dash for nothing."""

    name: str
    before: str
    after: str


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    """What differs, in the order of `after`, then what only `before` has."""
    names = list(dict.fromkeys([*after, *before]))
    return [
        Change(name, before.get(name, "-"), after.get(name, "-"))
        for name in names
        if before.get(name) != after.get(name)
    ]

"""Which names below a place are deliveries, and why the others are not; for folders and buckets."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property

from platform_assets.errors import SpecError

UNFINISHED = (".tmp", ".part")
_MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Pattern:
    """A glob over names with `/` between their parts.

    `*` and `?` stop at a slash, `[...]` is one character of a set, and the part `**` stands for
    any number of folders, also none. Upper and lower case differ.
    """

    text: str

    def __post_init__(self) -> None:
        if {"", ".", ".."} & set(self._parts):
            raise SpecError(
                f"source.pattern: got {self.text!r}, expected a glob below the location, "
                "for example '*.csv' or '**/*.csv'"
            )

    @cached_property
    def depth(self) -> int | None:
        """How many folders down a name can be; None if any number."""
        return None if "**" in self._parts else self.text.count("/")

    @cached_property
    def beginning(self) -> str:
        """What every matching name begins with."""
        magic = _MAGIC.search(self.text)
        return self.text[: magic.start()] if magic else self.text

    def refusal(self, name: str) -> str | None:
        """Why the file of this name is no delivery; None if it is one."""
        if name.startswith(".") or "/." in name:
            return "hidden"
        if name.endswith(UNFINISHED):
            return "still being written"
        return None if _fits(self._parts, name.split("/")) else f"does not match {self.text!r}"

    @cached_property
    def _parts(self) -> list[str]:
        return self.text.split("/")


def _fits(pattern: Sequence[str], name: Sequence[str]) -> bool:
    """Do the parts of a name match those of a glob, one by one?"""
    if not pattern:
        return not name
    first, rest = pattern[0], pattern[1:]
    if first == "**":
        return any(_fits(rest or ["*"], name[skip:]) for skip in range(len(name)))
    return bool(name) and fnmatchcase(name[0], first) and _fits(rest, name[1:])

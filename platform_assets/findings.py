"""What a look at data found, in sentences: the part of a check that needs no Dagster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Findings:
    """What speaks against the data, by weight.

    `blocking` stops what comes after, `warnings` are for a person to look at, `notes` say what
    was not judged and why. `facts` are the figures that the sentences rest on.
    """

    blocking: Sequence[str] = ()
    warnings: Sequence[str] = ()
    notes: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return not (self.blocking or self.warnings)

    @property
    def text(self) -> str:
        """All sentences, the heaviest first; empty if there are none."""
        return "; ".join([*self.blocking, *self.warnings, *self.notes])

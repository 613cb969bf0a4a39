"""What was proven and is no more: a check that was taken away, a monitor that fell silent.

A check that is switched off fails nowhere, so the score remembers for a month what there was.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from platform_assets.watch.rubric.breck import MONTH
from platform_assets.watch.rubric.scoring import Score

KEPT = timedelta(days=MONTH)
Times = Mapping[str, datetime]


@dataclass(frozen=True)
class Memory:
    """When each check (`asset.check`) was last there, and each test last proven, with a zone."""

    checks: Times = field(default_factory=dict)
    tests: Times = field(default_factory=dict)

    def after(self, found: Score, known: Iterable[tuple[str, str]], now: datetime) -> "Memory":
        """The same with what is there and proven now; what is older than a month is forgotten."""
        checks = {".".join(name): now for name in known}
        tests = {one.test.number: now for one in found.tests if one.points}
        return Memory(_kept({**self.checks, **checks}, now), _kept({**self.tests, **tests}, now))

    def lost(self, found: Score, known: Iterable[tuple[str, str]]) -> list[str]:
        """A sentence for each check that is gone and each test that nothing proves any more."""
        return [*_gone(self.checks, {".".join(name) for name in known}), *_unproven(self, found)]

    def to_text(self) -> str:
        return json.dumps(asdict(self), default=datetime.isoformat, sort_keys=True)

    @classmethod
    def parse(cls, text: str) -> "Memory":
        """The inverse of `to_text`."""
        told: Mapping[str, Mapping[str, str]] = json.loads(text)
        return cls(
            **{
                part: {name: datetime.fromisoformat(at) for name, at in times.items()}
                for part, times in told.items()
            }
        )


def _kept(times: Times, now: datetime) -> Times:
    return {name: at for name, at in times.items() if now - at <= KEPT}


def _gone(checks: Times, known: set[str]) -> Iterator[str]:
    for name in sorted(set(checks) - known):
        yield f"the check {name} is gone, it was there on {checks[name]:%Y-%m-%d}"


def _unproven(memory: Memory, found: Score) -> Iterator[str]:
    for one in found.tests:
        proven = memory.tests.get(one.test.number)
        if proven is not None and not one.points:
            yield (
                f"nothing proves {one.test.number} ({one.test.name}) any more, it was proven on "
                f"{proven:%Y-%m-%d}: {one.why}"
            )

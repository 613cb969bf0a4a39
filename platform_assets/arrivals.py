"""What the landing sensor does about what it sees: decided from facts alone, and said in words.

The decision is level-triggered. What waits is what the source lists and the ledger lacks, so
nothing is lost with the cursor, and the cursor stays small however many files there are.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from platform_assets.data.sources.port import Arrival
from platform_assets.identity import fingerprint

FIRST_PAUSE_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 600.0
NAMES_SHOWN = 3


@dataclass(frozen=True)
class Asked:
    """The run that was asked for last: what the sensor's cursor holds.

    `known` is the size of the ledger then, `attempts` how often a run was asked for since the
    ledger last moved, `at` the time in seconds since 1970.
    """

    batch: str = ""
    known: int = 0
    attempts: int = 0
    at: float = 0.0

    @classmethod
    def parse(cls, cursor: str | None) -> "Asked":
        """What an earlier tick left; a cursor of another version counts as none."""
        try:
            return cls(**json.loads(cursor or "{}"))
        except (TypeError, json.JSONDecodeError):
            return cls()

    def text(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Sight:
    """One look at a source and at what has become of its files.

    `seen` counts finished files, `waiting` holds those nothing has become of, in order of name,
    `known` is the size of the ledger, `unfinished` counts runs of the model, `now` is in seconds
    since 1970; `unit` is what an arrival is called.
    """

    place: str
    seen: int
    waiting: Sequence[Arrival]
    skipped: Mapping[str, str]
    known: int
    unfinished: int
    now: float
    unit: str = "file"


@dataclass(frozen=True)
class Request:
    """Ask for a run over the first `files` that wait; `whole` if nothing waits behind them."""

    asked: Asked
    files: int
    whole: bool
    reason: str

    @property
    def run_key(self) -> str:
        """The same for the same request, so that a tick that died half-way is not doubled."""
        return f"{self.asked.batch}-{self.asked.attempts}"


@dataclass(frozen=True)
class Wait:
    """Ask for nothing now."""

    reason: str


def decide_arrivals(sight: Sight, last: Asked, batch_files: int) -> Request | Wait:
    """Ask for the next batch, unless a run of the model is at work or the last one took nothing in.

    Then the pauses between attempts double, up to LONGEST_PAUSE_SECONDS.
    """
    told = describe(sight)
    if not sight.waiting:
        return Wait(told)
    if sight.unfinished:
        return Wait(f"{told}; a run of this model is under way")
    attempts = last.attempts if last.known == sight.known else 0
    again = last.at + pause(attempts)
    if sight.now < again:
        tries = f"{attempts} run{'s' if attempts > 1 else ''} took nothing in"
        return Wait(f"{told}; {tries}, the next starts in {again - sight.now:.0f} s")
    batch = sight.waiting[:batch_files]
    name = fingerprint(batch=[(one.name, one.stamp) for one in batch])
    asked = Asked(name[:16], sight.known, attempts + 1, sight.now)
    return Request(asked, len(batch), len(batch) == len(sight.waiting), told)


def pause(attempts: int) -> float:
    """Seconds to wait after so many runs that took nothing in."""
    if attempts == 0:
        return 0.0
    return float(min(FIRST_PAUSE_SECONDS * 2 ** min(attempts - 1, 32), LONGEST_PAUSE_SECONDS))


def describe(sight: Sight) -> str:
    """One sentence for the UI: what is there, what waits, what was skipped and why."""
    waiting = len(sight.waiting)
    news = f"{waiting:,} new" if waiting else "none of them new"
    things = f"{sight.seen:,} {sight.unit}{'' if sight.seen == 1 else 's'}"
    told = f"{things} in {sight.place}, {news}"
    if not sight.skipped:
        return told
    reasons = "; ".join(
        f"{len(names):,} {reason} ({some(names)})" for reason, names in by_reason(sight).items()
    )
    return f"{told}; skipped: {reasons}"


def by_reason(sight: Sight) -> dict[str, list[str]]:
    """The names that were skipped under each reason, the most frequent first."""
    found = defaultdict(list)
    for name, reason in sight.skipped.items():
        found[reason].append(name)
    return {
        reason: sorted(names)
        for reason, names in sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    }


def some(names: Iterable[str]) -> str:
    """The first few names, and how many more there are."""
    listed = list(names)
    more = len(listed) - NAMES_SHOWN
    return ", ".join(listed[:NAMES_SHOWN]) + (f" and {more:,} more" if more > 0 else "")

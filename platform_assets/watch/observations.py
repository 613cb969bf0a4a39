"""What the monitors found, a row for each window and question, in the table `monitoring`.

A window of a version that was judged stays as it was judged: who asks again writes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

import pyarrow as pa

from resources.errors import ConcurrentWrite
from resources.lake import ATTEMPTS, Lake

STALENESS = "staleness"

Key = tuple[str, str, datetime, datetime, str, str]


class Outcome(StrEnum):
    """What a window says of its question."""

    OK = "ok"
    BEYOND = "beyond"
    TOO_FEW = "too_few"


@dataclass(frozen=True)
class Observation:
    """What one monitor found in one window of one live version.

    `subject` is a column or a metric, or empty; the window goes from `start` up to, not including,
    `end`, both with a zone. `value` is None where there was nothing to measure, `low` and `high`
    are its 95 % interval where there is one.
    """

    environment: str
    digest: str
    version: str
    monitor: str
    subject: str
    start: datetime
    end: datetime
    rows: int
    value: float | None
    low: float | None
    high: float | None
    threshold: float | None
    outcome: Outcome

    @property
    def key(self) -> Key:
        """What stands in the table once."""
        return (
            self.environment,
            self.digest,
            self.start,
            self.end,
            self.monitor,
            self.subject,
        )


def enough_rows(monitor: str, rows: int, least: int) -> bool:
    """Whether a window can be judged; staleness does not rest on rows, any number is enough."""
    return monitor == STALENESS or rows >= least


_TIME = pa.timestamp("us", tz="UTC")
SCHEMA = pa.schema(
    [
        ("environment", pa.string()),
        ("digest", pa.string()),
        ("version", pa.string()),
        ("monitor", pa.string()),
        ("subject", pa.string()),
        ("start", _TIME),
        ("end", _TIME),
        ("rows", pa.int64()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("threshold", pa.float64()),
        ("outcome", pa.string()),
    ]
)


def table(model: str) -> str:
    return f"{model}/monitoring"


def record(lake: Lake, model: str, observations: Sequence[Observation]) -> None:
    """Write down those that are not in the table yet, in one commit.

    Raises
    ------
    ConcurrentWrite
        If other writers keep winning.
    """
    name = table(model)
    for _ in range(ATTEMPTS):
        behind = lake.newest(name)
        new = _new(lake, name, behind, observations)
        if not new:
            return
        rows = pa.Table.from_pylist([asdict(one) for one in new], SCHEMA)
        if lake.commit_behind(name, behind, SCHEMA, rows.to_batches(), {}) is not None:
            return
    raise ConcurrentWrite(lake.uri(name), ATTEMPTS)


def observed(lake: Lake, model: str, since: datetime) -> list[Observation]:
    """What is known of windows that began at `since` (with a zone) or later, oldest first."""
    name = table(model)
    version = lake.newest(name)
    return [] if version is None else _read(lake, name, version, since)


def _new(
    lake: Lake, name: str, version: int | None, observations: Sequence[Observation]
) -> Iterable[Observation]:
    """Those whose key is not in the table, the first of each key."""
    by_key = {one.key: one for one in reversed(observations)}
    if version is None or not by_key:
        return list(by_key.values())[::-1]
    oldest = min(one.start for one in by_key.values())
    known = {one.key for one in _read(lake, name, version, oldest)}
    return [one for key, one in reversed(by_key.items()) if key not in known]


def _read(lake: Lake, name: str, version: int, since: datetime) -> list[Observation]:
    rows = lake.read(name, version, SCHEMA.names, [("start", ">=", since)]).to_pylist()
    found = [Observation(**{**row, "outcome": Outcome(row["outcome"])}) for row in rows]
    return sorted(found, key=lambda one: (one.start, one.monitor, one.subject, one.digest))

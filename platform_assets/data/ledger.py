"""What became of each arrival: taken in, known already, or refused for its name.

The raw table is the truth about contents; this table spares the next look at what was looked at
before. What a crash kept out of it is looked at again, to the same end.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa

from platform_assets.data.sources.port import Arrival, Listing
from platform_assets.identity import fingerprint
from resources.lake import Lake


class Outcome(StrEnum):
    """What becomes of an arrival."""

    LANDED = "landed"
    REPEATED = "repeated"
    CHANGED = "changed"


@dataclass(frozen=True)
class Entry:
    """One arrival that was looked at, the SHA-256 of its content and the outcome."""

    name: str
    stamp: str
    size: int
    digest: str
    outcome: Outcome


def table(model: str) -> str:
    return f"{model}/arrivals"


def seen(lake: Lake, model: str) -> set[tuple[str, str]]:
    """Name and stamp of every arrival that was looked at."""
    name = table(model)
    if not lake.exists(name):
        return set()
    rows = lake.read(name, columns=["name", "stamp"])
    return set(zip(*(column.to_pylist() for column in rows.columns), strict=True))


def pending(listing: Listing, known: set[tuple[str, str]]) -> list[Arrival]:
    """The arrivals not looked at yet, in order of name."""
    return [one for one in listing.finished if (one.name, one.stamp) not in known]


def record(lake: Lake, model: str, entries: Iterable[Entry]) -> None:
    """Write entries down; the same ones again change nothing."""
    rows = [vars(entry) for entry in entries]
    if rows:
        lake.append(table(model), pa.Table.from_pylist(rows), [fingerprint(rows=rows)])

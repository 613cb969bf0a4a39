"""Taking arrivals into the raw table: each content once, each name for one content."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import BinaryIO

import pyarrow as pa

from platform_assets.data import ledger
from platform_assets.data.ahead import ahead
from platform_assets.data.blocks import LAYOUT, PAGE, SCHEMA, Delivery, blocks, delivered
from platform_assets.data.ledger import Entry, Outcome
from platform_assets.data.sources.port import Arrival, Source
from platform_assets.errors import ArrivalChanged
from resources.errors import ConcurrentWrite
from resources.lake import ATTEMPTS, Lake

DELIVERIES = "deliveries"
_READ = 1 << 20
_LEFT = "left for the next run"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Taken:
    """What one pass took in; `waiting` arrivals are left for the next one."""

    version: int | None
    entries: tuple[Entry, ...] = ()
    waiting: int = 0
    skipped: Mapping[str, str] | None = None

    def names(self, outcome: Outcome) -> list[str]:
        return [entry.name for entry in self.entries if entry.outcome is outcome]


def take_in(lake: Lake, model: str, source: Source, most: int, say: Say) -> Taken:
    """Take in at most `most` arrivals that were not looked at before; returns what became of each.

    The content lands in one commit, behind the version that was looked at: whoever is second looks
    again. The ledger follows, and repeats nothing if the process dies between the two. What changes
    while it is read, or is gone, is left for the next pass; the others land.
    """
    listing = source.listing()
    due = ledger.pending(listing, ledger.seen(lake, model))
    now = list(_digests(source, due[:most], say))
    version, entries = _land_unchanged(lake, f"{model}/raw", source, now, say)
    ledger.record(lake, model, entries)
    return Taken(version, tuple(entries), len(due) - len(entries), listing.skipped)


def take_all(lake: Lake, model: str, source: Source, most: int, pulls: int, say: Say) -> Taken:
    """`take_in`, again and again while there is more, at most `pulls` times.

    A source whose next arrival follows from the last one never lists more than one.
    """
    taken = take_in(lake, model, source, most, say)
    for _ in range(pulls - 1):
        more = take_in(lake, model, source, most, say)
        if not more.entries:
            break
        taken = replace(more, entries=(*taken.entries, *more.entries))
    return taken


def judge_arrivals(
    arrivals: Sequence[tuple[Arrival, str]], known: Sequence[Delivery]
) -> list[Entry]:
    """What becomes of each arrival, given its SHA-256 and what has landed before."""
    names = {delivery.file: delivery.digest for delivery in known}
    digests = {delivery.digest for delivery in known}
    entries = []
    for arrival, digest in arrivals:
        outcome = _outcome(names.get(arrival.name), digest, digest in digests)
        if outcome is Outcome.LANDED:
            names[arrival.name] = digest
            digests.add(digest)
        entries.append(Entry(arrival.name, arrival.stamp, arrival.size, digest, outcome))
    return entries


def _outcome(before: str | None, digest: str, known: bool) -> Outcome:
    if before is not None and before != digest:
        return Outcome.CHANGED
    return Outcome.REPEATED if known else Outcome.LANDED


def _digests(
    source: Source, arrivals: Sequence[Arrival], say: Say
) -> Iterator[tuple[Arrival, str]]:
    for arrival in arrivals:
        try:
            with closing(source.open(arrival)) as content:
                yield arrival, _sha256(content)
        except ArrivalChanged as error:
            say(f"{_LEFT}: {error}")


def _sha256(content: BinaryIO) -> str:
    total = hashlib.sha256()
    while block := content.read(_READ):
        total.update(block)
    return total.hexdigest()


def _land_unchanged(
    lake: Lake, name: str, source: Source, arrivals: Sequence[tuple[Arrival, str]], say: Say
) -> tuple[int | None, list[Entry]]:
    """`_land`, begun again without an arrival that has changed since its digest was taken."""
    left = {arrival.name: (arrival, digest) for arrival, digest in arrivals}
    while True:
        try:
            return _land(lake, name, source, list(left.values()), say)
        except ArrivalChanged as error:
            del left[error.name]
            say(f"{_LEFT}: {error}")


def _land(
    lake: Lake, name: str, source: Source, arrivals: Sequence[tuple[Arrival, str]], say: Say
) -> tuple[int | None, list[Entry]]:
    for _ in range(ATTEMPTS):
        behind = lake.newest(name)
        known = [] if behind is None else delivered(lake, name, behind)
        entries = judge_arrivals(list(_following(arrivals, len(known), say)), known)
        fresh = _numbered(entries, len(known))
        if not fresh:
            return behind, entries
        by_name = {arrival.name: arrival for arrival, _ in arrivals}
        content = _content(source, [(by_name[one.file], one) for one in fresh])
        marks = {DELIVERIES: fresh[-1].number}
        layout = LAYOUT.for_bytes(sum(one.size for one in fresh))
        version = lake.commit_behind(
            name, behind, SCHEMA, ahead(content, PAGE), marks, layout=layout
        )
        if version is not None:
            return version, entries
    raise ConcurrentWrite(lake.uri(name), ATTEMPTS)


def _following(
    arrivals: Sequence[tuple[Arrival, str]], landed: int, say: Say
) -> Iterator[tuple[Arrival, str]]:
    """Without those that were made from what the table held before."""
    for arrival, digest in arrivals:
        if arrival.follows in (None, landed):
            yield arrival, digest
        else:
            say(
                f"{_LEFT}: {arrival.name!r} was made when {arrival.follows} "
                f"deliveries had landed, now there are {landed}"
            )


def _numbered(entries: Sequence[Entry], landed: int) -> list[Delivery]:
    fresh = [entry for entry in entries if entry.outcome is Outcome.LANDED]
    arrived = datetime.now(UTC).replace(tzinfo=None)
    return [
        Delivery(landed + place, entry.digest, entry.name, arrived, entry.size)
        for place, entry in enumerate(fresh, start=1)
    ]


def _content(source: Source, fresh: Sequence[tuple[Arrival, Delivery]]) -> Iterator[pa.RecordBatch]:
    for arrival, delivery in fresh:
        with closing(source.open(arrival)) as content:
            same = _Hashed(content)
            yield from blocks(delivery, same)
            if same.digest != delivery.digest:
                raise ArrivalChanged(
                    source.place, arrival.name, delivery.digest[:12], "other bytes"
                )


class _Hashed:
    """A stream that knows the SHA-256 of what was read from it."""

    def __init__(self, content: BinaryIO) -> None:
        self._content, self._total = content, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._content.read(size)
        self._total.update(block)
        return block

    @property
    def digest(self) -> str:
        return self._total.hexdigest()

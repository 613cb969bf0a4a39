"""Taking the rows of a person out of the lake for good.

The order makes a crash harmless: which places go is announced, the raw table loses them in one
commit, and everything else follows from the raw table. So the same request again finishes what an
earlier one began. At last the files that only older versions need are deleted.

A delivery keeps its number, its name and its digest, which says what was once delivered: the same
file is still known, and does not come back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pyarrow as pa

from platform_assets.data import forgotten, mended
from platform_assets.data.blocks import (
    BLOCK,
    LAYOUT,
    SCHEMA,
    Delivery,
    blocks,
    content,
    delivered,
)
from platform_assets.data.cleaning import Cleaner
from platform_assets.data.reading.pieces import buffered
from platform_assets.data.reading.taking_out import without
from platform_assets.data.searching import Found, prints, search
from platform_assets.data.subject import Subject
from platform_assets.errors import ForgetRefused
from platform_assets.identity import fingerprint
from resources.errors import ConcurrentWrite
from resources.lake import ATTEMPTS
from resources.lake_upkeep import purge

TABLES = ("raw", "mended", "cleaned", "quarantine", "training_set")


@dataclass(frozen=True)
class Forgotten:
    """What was taken out: rows by delivery, rows of the training set, bytes of files by table."""

    found: Found
    training_rows: int
    freed: dict[str, int]


def look(cleaner: Cleaner, subject: Subject) -> Found:
    """Where the rows are, without touching them."""
    lake, raw = cleaner.lake, cleaner.table("raw")
    version = lake.version(raw)
    return search(cleaner, subject, version, delivered(lake, raw, version))


def forget(cleaner: Cleaner, subject: Subject) -> Forgotten:
    """Take the rows out of every table; see the module for the order.

    Raises
    ------
    ForgetRefused
        If a delivery would not be the same but for these rows; nothing is taken out then.
    ConcurrentWrite
        If other writers keep winning.
    """
    found = _take_out_of_raw(cleaner, subject)
    now = replace(cleaner)
    _settle_mends(now)
    replace(cleaner).run()
    trained_on = _take_out_of_training(now, subject)
    names = {name: now.table(name) for name in TABLES}
    there = {name: table for name, table in names.items() if now.lake.exists(table)}
    return Forgotten(found, trained_on, {name: purge(now.lake, one) for name, one in there.items()})


def _take_out_of_raw(cleaner: Cleaner, subject: Subject) -> Found:
    lake, model, raw = cleaner.lake, cleaner.folder.name, cleaner.table("raw")
    for _ in range(ATTEMPTS):
        now, version = replace(cleaner), lake.version(raw)
        known = delivered(lake, raw, version)
        found = search(now, subject, version, known)
        if not found.places:
            return found
        for delivery, places in found.places.items():
            _require_same(now, version, delivery, places)
        gone = [(one.number, row) for one, places in found.places.items() for row in sorted(places)]
        this = forgotten.announce(lake, model, forgotten.number(lake, model, version), gone)
        marks = {forgotten.FORGETS: this}
        batches = _rewritten(now, version, known, found)
        made = lake.commit_behind(raw, version, SCHEMA, batches, marks, replace=True, layout=LAYOUT)
        if made is not None:
            return found
    raise ConcurrentWrite(lake.uri(raw), ATTEMPTS)


def _rewritten(
    cleaner: Cleaner, version: int, known: Sequence[Delivery], found: Found
) -> Iterator[pa.RecordBatch]:
    """Every delivery again, those with rows to go without them."""
    for delivery in known:
        with content(cleaner.lake, cleaner.table("raw"), version, delivery) as stream:
            gone = found.places.get(delivery)
            left = without(stream, gone, cleaner.folder.spec.source.reading) if gone else None
            yield from blocks(delivery, stream if left is None else buffered(left, BLOCK))


def _require_same(cleaner: Cleaner, version: int, delivery: Delivery, gone: frozenset[int]) -> None:
    """ForgetRefused unless all other rows of the delivery say the same, in the same order."""
    names, source, raw = (
        cleaner.contract.names,
        cleaner.folder.spec.source.reading,
        cleaner.table("raw"),
    )
    with content(cleaner.lake, raw, version, delivery) as stream:
        before = prints(stream, names, source)
    with content(cleaner.lake, raw, version, delivery) as stream:
        after = prints(buffered(without(stream, gone, source), BLOCK), names, source)
    if not np.array_equal(np.delete(before, sorted(gone)), after):
        raise ForgetRefused(
            cleaner.folder.name,
            f"delivery {delivery.number} ({delivery.file}) would have other rows afterwards",
        )


def _settle_mends(cleaner: Cleaner) -> None:
    """Write the mends with the places of now, without those whose rows are gone."""
    lake, model, names = cleaner.lake, cleaner.folder.name, cleaner.contract.names
    for _ in range(ATTEMPTS):
        mends = mended.read(lake, model, names)
        if mends.aligned or mended.write(lake, model, mends, mends.rows):
            return
    raise ConcurrentWrite(lake.uri(mended.table(model)), ATTEMPTS)


def _take_out_of_training(cleaner: Cleaner, subject: Subject) -> int:
    """Take the rows out of the newest training set; returns how many."""
    lake, name = cleaner.lake, cleaner.table("training_set")
    if not lake.exists(name):
        return 0
    version = lake.version(name)
    table = lake.read(name, version)
    column = subject.column.name
    if column not in table.column_names:
        return 0
    theirs = subject.typed(pl.Series(pl.from_arrow(table.column(column).combine_chunks())))
    if theirs.any():
        kept = table.filter(pa.array((~theirs).to_numpy()))
        lake.overwrite(name, kept, fingerprint(forgotten=cleaner.mends.forgets, version=version))
    return int(theirs.sum())

"""Where the rows of a person are: the places in each delivery, and what cannot be looked into."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl

from platform_assets.data.blocks import Delivery, content
from platform_assets.data.cleaning import Cleaner
from platform_assets.data.contract import ROW
from platform_assets.data.reading.read import read_rows
from platform_assets.data.reading.rows import Readable, TextRows
from platform_assets.data.subject import Subject
from platform_assets.data.untaken import holds
from platform_assets.errors import FileUnreadable
from platform_assets.spec.source import Source


@dataclass(frozen=True)
class Found:
    """Places by delivery, and the deliveries that cannot be taken apart.

    Of these, `unreadable` hold an id, and in `unsearchable` nobody can tell: their bytes are no
    text in the encoding that `source` states.
    """

    places: dict[Delivery, frozenset[int]]
    unreadable: tuple[Delivery, ...] = ()
    unsearchable: tuple[Delivery, ...] = ()

    @property
    def rows(self) -> int:
        return sum(len(places) for places in self.places.values())


def search(cleaner: Cleaner, subject: Subject, version: int, known: list[Delivery]) -> Found:
    """Look into every delivery of one version of the raw table, as delivered and as mended."""
    places: dict[Delivery, frozenset[int]] = {}
    unreadable, unsearchable = list[Delivery](), list[Delivery]()
    for delivery in known:
        try:
            found = frozenset(_places(cleaner, subject, version, delivery))
        except FileUnreadable:
            held = _holds(cleaner, subject, version, delivery)
            if held is not False:
                (unsearchable if held is None else unreadable).append(delivery)
            continue
        if found:
            places[delivery] = found
    return Found(places, tuple(unreadable), tuple(unsearchable))


def _places(cleaner: Cleaner, subject: Subject, version: int, delivery: Delivery) -> Iterator[int]:
    mends = cleaner.mends.of(delivery.number)
    name = subject.column.name
    yield from mends.filter(subject.among(mends[name]))[ROW]
    with content(cleaner.lake, cleaner.table("raw"), version, delivery) as stream:
        for rows in read_rows(stream, cleaner.contract.names, cleaner.folder.spec.source.reading):
            yield from rows.numbers.filter(subject.among(rows.text[name]))
            yield from (one.number for one in rows.faults if subject.named_in(one.original))


def _holds(cleaner: Cleaner, subject: Subject, version: int, delivery: Delivery) -> bool | None:
    opened = partial(content, cleaner.lake, cleaner.table("raw"), version, delivery)
    return holds(opened, subject, cleaner.folder.spec.source.reading.encoding)


def prints(stream: Readable, columns: list[str], options: Source) -> npt.NDArray[np.uint64]:
    """One number for each row of a delivery, in order, that changes with what the row says."""
    parts = [_prints(rows) for rows in read_rows(stream, columns, options)]  # type: ignore[arg-type]
    return np.concatenate([np.empty(0, np.uint64), *parts])


def _prints(rows: TextRows) -> npt.NDArray[np.uint64]:
    text = rows.text.hash_rows(seed=0) if rows.text.height else pl.Series(dtype=pl.UInt64)
    faults = pl.Series([one.original for one in rows.faults], dtype=pl.Binary).hash(seed=0)
    numbers = pl.concat(
        [rows.numbers, pl.Series([one.number for one in rows.faults], dtype=pl.Int64)]
    )
    found: npt.NDArray[np.uint64] = pl.concat([text, faults])[numbers.arg_sort()].to_numpy()
    return found

"""Taking a delivery out, on record: a broken or mistaken file that is to count for nothing.

Its number and its name stay, its bytes go, and with them its digest: the same bytes may come again,
under a new name. All that follows from it goes when the deliveries are judged anew. This is no
forgetting of a person: older versions of the tables keep the bytes until upkeep deletes them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from platform_assets.data import forgotten
from platform_assets.data.blocks import LAYOUT, SCHEMA, Delivery, blocks, content, delivered
from platform_assets.data.cleaning import Cleaner
from platform_assets.data.contract import DELIVERY
from platform_assets.data.reading.pieces import buffered
from platform_assets.errors import WithdrawalRefused
from resources.errors import ConcurrentWrite
from resources.lake import ATTEMPTS

# No row of a file has this place.
WHOLE = -1


@dataclass(frozen=True)
class Withdrawal:
    """A delivery, and how many rows of it are in each table."""

    delivery: Delivery
    clean: int
    bad: int


def look(cleaner: Cleaner, named: str) -> Withdrawal:
    """What would go with the delivery of this number or file name.

    Raises
    ------
    WithdrawalRefused
        If there is none, or it is withdrawn already.
    """
    lake, raw = cleaner.lake, cleaner.table("raw")
    delivery = _find(cleaner, delivered(lake, raw, lake.version(raw)), named)
    return Withdrawal(
        delivery, *(_rows(cleaner, name, delivery.number) for name in ("cleaned", "quarantine"))
    )


def withdraw(cleaner: Cleaner, named: str) -> Delivery:
    """Take the delivery out and judge the others anew; returns it as it was.

    Whoever dies in between has taken it out or not; the next run judges anew.

    Raises
    ------
    WithdrawalRefused
        As `look` does.
    ConcurrentWrite
        If other writers keep winning.
    """
    lake, model, raw = cleaner.lake, cleaner.folder.name, cleaner.table("raw")
    for _ in range(ATTEMPTS):
        version = lake.version(raw)
        known = delivered(lake, raw, version)
        gone = _find(cleaner, known, named)
        before = forgotten.number(lake, model, version)
        this = forgotten.announce(lake, model, before, [(gone.number, WHOLE)])
        marks = {forgotten.FORGETS: this}
        batches = _without(cleaner, version, known, gone)
        made = lake.commit_behind(raw, version, SCHEMA, batches, marks, replace=True, layout=LAYOUT)
        if made is not None:
            replace(cleaner).run()
            return gone
    raise ConcurrentWrite(lake.uri(raw), ATTEMPTS)


def _without(
    cleaner: Cleaner, version: int, known: Sequence[Delivery], gone: Delivery
) -> Iterator[pa.RecordBatch]:
    for delivery in known:
        if delivery == gone:
            yield from blocks(gone.withdrawn(), buffered(iter(()), 1))
            continue
        with content(cleaner.lake, cleaner.table("raw"), version, delivery) as stream:
            yield from blocks(delivery, stream)


def _find(cleaner: Cleaner, known: Sequence[Delivery], named: str) -> Delivery:
    number = int(named) if named.isdecimal() else None
    found = [one for one in known if one.file == named or one.number == number]
    if not found:
        last = ", ".join(one.file for one in known[-3:])
        raise WithdrawalRefused(cleaner.folder.name, named, f"no such delivery; the last: {last}")
    if found[0].is_withdrawn:
        raise WithdrawalRefused(cleaner.folder.name, named, "it is withdrawn already")
    return found[0]


def _rows(cleaner: Cleaner, name: str, number: int) -> int:
    table, lake = cleaner.table(name), cleaner.lake
    if not lake.exists(table):
        return 0
    numbers = lake.read(table, columns=[DELIVERY], where=[(DELIVERY, "=", number)])
    return int(pc.count(numbers.column(0)).as_py())

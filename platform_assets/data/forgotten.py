"""Which rows were taken out of the raw table for good, by their places: never what they held.

The places behind a row that goes move up. Whatever names rows of a delivery by their places, like
the mended rows, is told here how to find them again.

What is to go is announced here first, under a number of its own, and then taken out of the raw
table in one commit, which carries that number. So the raw table says which announcements came to
pass: the one it names, the one that stood before that, and so on.
"""

from collections.abc import Iterable

import polars as pl
import pyarrow as pa

from platform_assets.data.contract import DELIVERY, LINEAGE, ROW
from resources.errors import ConcurrentWrite
from resources.lake import ATTEMPTS, Lake

FORGETS, FORGET, AFTER = "forgets", "_forget", "_after"
SCHEMA = pa.schema([(name, pa.int64()) for name in (FORGET, AFTER, DELIVERY, ROW)])


def table(model: str) -> str:
    return f"{model}/forgotten"


def number(lake: Lake, model: str, version: int | None = None) -> int:
    """The last announcement that came to pass in the raw table; 0 if none ever did."""
    raw = f"{model}/raw"
    return (lake.mark(raw, FORGETS, version) or 0) if lake.exists(raw) else 0


def announce(lake: Lake, model: str, after: int, gone: Iterable[tuple[int, int]]) -> int:
    """Write down the deliveries and places that go next, and return the number for it.

    Parameters
    ----------
    after
        What the raw table carries now.

    Raises
    ------
    ConcurrentWrite
        If other writers keep winning.
    """
    name, places = table(model), list(gone)
    for _ in range(ATTEMPTS):
        behind = lake.newest(name)
        this = 1 if behind is None else (lake.mark(name, FORGETS, behind) or 0) + 1
        rows = [dict(zip(SCHEMA.names, (this, after, *place), strict=True)) for place in places]
        content = pa.RecordBatch.from_pylist(rows, schema=SCHEMA)
        if lake.commit_behind(name, behind, SCHEMA, [content], {FORGETS: this}) is not None:
            return this
    raise ConcurrentWrite(lake.uri(name), ATTEMPTS)


def dropped(lake: Lake, model: str, since: int, last: int) -> list[pl.DataFrame]:
    """Delivery and place of the rows taken out, for each announcement after `since` to `last`."""
    if last <= since:
        return []
    rows = pl.DataFrame(pl.from_arrow(lake.read(table(model))))
    return [rows.filter(pl.col(FORGET) == one).select(LINEAGE) for one in _chain(rows, last, since)]


def _chain(rows: pl.DataFrame, last: int, since: int) -> list[int]:
    """The announcements that came to pass, oldest first."""
    before = dict(rows.select(FORGET, AFTER).unique().iter_rows())
    found = list[int]()
    while last > since:
        found.insert(0, last)
        last = before[last]
    return found


def renumbered(rows: pl.DataFrame, gone: pl.DataFrame) -> pl.DataFrame:
    """Rows with a delivery and a place, without those that are gone, the others moved up."""
    ranked = gone.sort(ROW).with_columns(pl.int_range(1, pl.len() + 1).over(DELIVERY).alias(FORGET))
    kept = rows.join(gone, on=LINEAGE, how="anti").sort(ROW)
    joined = kept.join_asof(ranked, on=ROW, by=DELIVERY, check_sortedness=False)
    return joined.with_columns(pl.col(ROW) - pl.col(FORGET).fill_null(0)).select(rows.columns)

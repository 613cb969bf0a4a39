"""Rows that a person mended: their text stands in for what was delivered, which stays as it is.

The table holds the newest mend of each row. It is written whole each time, in one commit that
counts the mends so far, so that a mend makes the next pass judge all deliveries anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import polars as pl
import pyarrow as pa

from platform_assets.data import forgotten
from platform_assets.data.contract import DELIVERY, LINEAGE, ROW
from platform_assets.data.reading.rows import TextRows
from resources.lake import Lake

MENDS = "mends"
_PLACES = dict.fromkeys(LINEAGE, pl.Int64)


@dataclass(frozen=True)
class Mends:
    """The mended rows, columns `names` as text beside the lineage, and how many mends there were.

    `rows` are numbered as the raw table was at `forgets`, see `forgotten`; `aligned` says whether
    the table is, too.
    """

    rows: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_PLACES))
    number: int = 0
    behind: int | None = None
    forgets: int = 0
    aligned: bool = True

    def of(self, delivery: int) -> pl.DataFrame:
        return self.rows.filter(pl.col(DELIVERY) == delivery)


def table(model: str) -> str:
    return f"{model}/mended"


def number(lake: Lake, model: str) -> int:
    """How often rows were mended so far."""
    name = table(model)
    return (lake.mark(name, MENDS) or 0) if lake.exists(name) else 0


def read(lake: Lake, model: str, names: Sequence[str]) -> Mends:
    """The mends of a model; a column that the contract got later is null."""
    name, forgets = table(model), forgotten.number(lake, model)
    behind = lake.newest(name)
    schema = {**dict.fromkeys(names, pl.String), **_PLACES}
    if behind is None:
        return Mends(pl.DataFrame(schema=schema), forgets=forgets)
    kept = pl.DataFrame(pl.from_arrow(lake.read(name, behind)))
    rows = pl.concat([pl.DataFrame(schema=schema), kept], how="diagonal").select(*schema)
    since = lake.mark(name, forgotten.FORGETS, behind) or 0
    due = forgotten.dropped(lake, model, since, forgets)
    for gone in due:
        rows = forgotten.renumbered(rows, gone)
    count = lake.mark(name, MENDS, behind) or 0
    return Mends(rows, count, behind, max(forgets, since), aligned=not due)


def write(lake: Lake, model: str, before: Mends, rows: pl.DataFrame) -> bool:
    """Make `rows` the mended ones, behind what `before` saw; False if another was faster.

    `rows` are numbered like those of `before`.
    """
    names = [name for name in rows.columns if name not in LINEAGE]
    fields = [*((name, pa.string()) for name in names), *((name, pa.int64()) for name in LINEAGE)]
    content = rows.select(*names, *LINEAGE).to_arrow().cast(pa.schema(fields))
    marks = {MENDS: before.number + 1, forgotten.FORGETS: before.forgets}
    version = lake.commit_behind(
        table(model), before.behind, content.schema, content.to_batches(), marks, replace=True
    )
    return version is not None


def patched(rows: TextRows, mends: pl.DataFrame) -> TextRows:
    """Some rows of one delivery with the mended ones in their places.

    A row that could not be taken apart, and was mended, is a row like the others.
    """
    if mends.is_empty():
        return rows
    faults = [fault.number for fault in rows.faults]
    here = mends.filter(pl.col(ROW).is_in([*rows.numbers, *faults]))
    if here.is_empty():
        return rows
    kept = ~rows.numbers.is_in(here[ROW].implode())
    text = pl.concat([rows.text.filter(kept), here.select(rows.text.columns)])
    numbers = pl.concat([rows.numbers.filter(kept), here[ROW].alias(rows.numbers.name)])
    order = numbers.arg_sort()
    mended = set(here[ROW])
    return replace(
        rows,
        text=text[order],
        numbers=numbers[order],
        faults=tuple(fault for fault in rows.faults if fault.number not in mended),
    )

"""How long predictions are kept, and whose are not kept at all."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from platform_assets.data.subject import Subject
from platform_assets.watch.landing_log import land, table
from platform_assets.watch.log_files import refused
from platform_assets.watch.log_rows import LAYOUT, TIME
from resources.lake import Lake
from resources.lake_rows import take_out
from resources.lake_upkeep import purge


@dataclass(frozen=True)
class ForgottenLog:
    """What was taken out of the log; `rows` is None where no column tells whose a row is.

    `unsearched` are files that cannot be read, and may hold anything.
    """

    rows: int | None
    freed: int = 0
    unsearched: tuple[str, ...] = ()


def expire(lake: Lake, model: str, before: datetime) -> int:
    """Take out the rows of requests that came before a time (with a zone); returns how many."""
    name = table(model)
    if not lake.exists(name):
        return 0
    older = [(TIME, "<", before)]
    return take_out(lake, name, lambda rows: pc.less(rows[TIME], before), LAYOUT, older)


def forget_logged(lake: Lake, root: Path, model: str, subject: Subject) -> ForgottenLog:
    """Take the rows of a person out of the log for good, files that have not landed included."""
    land(lake, root, model)
    name, unsearched = table(model), tuple(refused(root, model))
    if not lake.exists(name):
        return ForgottenLog(0, unsearched=unsearched)
    columns = columns_of(lake.schema(name), subject)
    if not columns:
        return ForgottenLog(None, unsearched=unsearched)
    taken = take_out(lake, name, lambda rows: theirs(rows, columns, subject), LAYOUT)
    return ForgottenLog(taken, purge(lake, name), unsearched)


def columns_of(schema: pa.Schema, subject: Subject) -> list[str]:
    """The columns that hold the feature by which a person is known."""
    wanted = subject.column.name
    return [one for one in schema.names if one == wanted or one.startswith(f"{wanted}__")]


def theirs(rows: pa.Table, columns: list[str], subject: Subject) -> pa.Array:
    """Which rows are a person's, shape (n,)."""
    found = pl.Series([False]).new_from_index(0, rows.num_rows)
    for name in columns:
        text = pl.Series(pl.from_arrow(rows[name])).cast(pl.String).str.strip_suffix(".0")
        found = found | subject.among(text)
    return found.to_arrow()

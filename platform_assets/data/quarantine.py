"""What is in quarantine: how many rows broke which rule, which rows, and what was wrong in them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from platform_assets.data.cleaning import Cleaner
from platform_assets.data.contract import DELIVERY, DETAIL, FILE, LINEAGE, ORIGINAL, ROW, RULE
from resources.lake import Lake
from resources.lake_reading import Where

WHOLE_FILE = "file:"
_SHOWN = 200


@dataclass(frozen=True)
class Place:
    """Which rows are asked for: a rule, or all whose name begins with it; a delivery, or a file."""

    rule: str | None = None
    delivery: int | None = None
    file: str | None = None

    def where(self) -> Where:
        asked = ((DELIVERY, self.delivery), (FILE, self.file))
        return [(name, "=", value) for name, value in asked if value is not None]

    def among(self, rows: pl.DataFrame) -> pl.DataFrame:
        if self.rule is None:
            return rows
        begins = pl.col(RULE).str.starts_with(f"{self.rule}:")
        return rows.filter((pl.col(RULE) == self.rule) | begins)


@dataclass(frozen=True)
class Broken:
    """One row in quarantine; `value` is what broke the rule, or the row as far as it is known."""

    delivery: int
    file: str
    row: int
    rule: str
    detail: str | None
    value: str | None


def rows_of(lake: Lake, name: str, place: Place, columns: Sequence[str]) -> pl.DataFrame:
    """The rows asked for, with these columns and the lineage, in order of delivery and place.

    A column that the contract has and the table not yet is null throughout.
    """
    wanted = list(dict.fromkeys([*columns, *LINEAGE, RULE]))
    there = [one for one in wanted if one in lake.schema(name).names]
    batches = lake.batches(name, lake.version(name), there, place.where())
    parts = [place.among(pl.DataFrame(pl.from_arrow(batch))) for batch in batches]
    schema = {one: _TYPES.get(one, pl.String) for one in wanted}
    whole = pl.concat([pl.DataFrame(schema=schema), *parts], how="diagonal")
    return whole.select(wanted).sort(LINEAGE)


_TYPES = {DELIVERY: pl.Int64, ROW: pl.Int64, ORIGINAL: pl.Binary}


def counts(lake: Lake, name: str, place: Place | None = None) -> dict[str, int]:
    """Rows of each rule, the most frequent first."""
    if not lake.exists(name):
        return {}
    found = rows_of(lake, name, place or Place(), [RULE])[RULE].value_counts()
    return dict(found.sort(["count", RULE], descending=[True, False]).iter_rows())


def broken(cleaner: Cleaner, place: Place, limit: int) -> list[Broken]:
    """The first rows asked for, at most `limit`."""
    lake, name = cleaner.lake, cleaner.table("quarantine")
    if not lake.exists(name):
        return []
    first = rows_of(lake, name, place, [FILE]).head(limit)
    columns = [*cleaner.contract.names, FILE, DETAIL, ORIGINAL]
    found = [
        rows_of(lake, name, Place(place.rule, number), columns).join(first, on=LINEAGE, how="semi")
        for number in first[DELIVERY].unique(maintain_order=True)
    ]
    return [
        _told(row, cleaner.contract.names) for part in found for row in part.iter_rows(named=True)
    ]


def _told(row: dict[str, Any], names: Sequence[str]) -> Broken:
    what = _offending(row, names)
    return Broken(row[DELIVERY], row[FILE], row[ROW], row[RULE], row[DETAIL], what)


def _offending(row: dict[str, Any], names: Sequence[str]) -> str | None:
    """The value of the column that the rule names, or the whole row as it was delivered."""
    column = str(row[RULE]).split(":")[1]
    if column in names:
        value = row[column]
        return None if value is None else str(value)[:_SHOWN]
    original = row[ORIGINAL]
    if isinstance(original, bytes):
        return original[:_SHOWN].decode(errors="replace").rstrip("\r\n")
    return ", ".join(f"{name}={row[name]}" for name in names if row[name] is not None)[:_SHOWN]


def export(cleaner: Cleaner, place: Place, file: Path) -> int:
    """Write the rows asked for as a csv file to mend them in; returns how many.

    A delivery that cannot be taken apart has no rows and is left out.
    """
    names = cleaner.contract.names
    absent = next(iter(cleaner.folder.spec.source.nulls), "")
    written = 0
    with file.open("w", encoding="utf-8", newline="") as target:
        for rows in _deliveries(cleaner, place):
            if rows.is_empty():
                continue
            rows.select(*LINEAGE, RULE, *names).write_csv(
                target, include_header=not written, null_value=absent
            )
            written += rows.height
    return written


def _deliveries(cleaner: Cleaner, place: Place) -> Iterator[pl.DataFrame]:
    lake, name = cleaner.lake, cleaner.table("quarantine")
    if not lake.exists(name):
        return
    numbers = rows_of(lake, name, place, [])[DELIVERY].unique().sort()
    for number in numbers:
        rows = rows_of(lake, name, Place(place.rule, number), cleaner.contract.names)
        yield rows.filter(~pl.col(RULE).str.starts_with(WHOLE_FILE))

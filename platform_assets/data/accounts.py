"""Whether every delivered row is in exactly one table, and how many of them were bad."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from platform_assets.data.contract import DELIVERY, ROW
from resources.lake import Lake


@dataclass(frozen=True)
class Account:
    """Rows of one delivery in both tables; `whole` if each place from 0 on is there once."""

    delivery: int
    clean: int
    bad: int
    whole: bool

    @property
    def share(self) -> float:
        """Of the rows, those in quarantine; 0 of none."""
        return self.bad / (self.clean + self.bad) if self.bad else 0.0


def accounts(lake: Lake, clean: str, bad: str, after: int) -> list[Account]:
    """The accounts of all deliveries with a higher number, read from the tables themselves."""
    tables = [_sums(lake, clean, after, "clean"), _sums(lake, bad, after, "bad")]
    both = pl.concat(tables, how="diagonal").group_by(DELIVERY).agg(
        pl.col("clean", "bad", "sum", "squares").sum(), pl.col("last").max()
    )  # fmt: skip
    return [
        Account(delivery, good, broken, _whole(good + broken, last, total, squares))
        for delivery, good, broken, total, squares, last in both.sort(DELIVERY).iter_rows()
    ]


def _whole(rows: int, last: int, total: int, squares: int) -> bool:
    """Whether the numbers are those from 0 on, each once: their largest and their sums say so.

    The sum of the squares is known up to a multiple of 2**64.
    """
    expected = (rows - 1) * rows * (2 * rows - 1) // 6 % 2**64
    return last == rows - 1 and 2 * total == rows * (rows - 1) and squares == expected


def _sums(lake: Lake, name: str, after: int, kind: str) -> pl.DataFrame:
    batches = lake.batches(name, lake.version(name), [DELIVERY, ROW], [(DELIVERY, ">", after)])
    parts = [_summed(pl.DataFrame(pl.from_arrow(batch)), kind) for batch in batches]
    whole = dict.fromkeys((DELIVERY, kind, "sum", "last"), pl.Int64)
    return pl.concat([pl.DataFrame(schema={**whole, "squares": pl.UInt64}), *parts])


def _summed(rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    place = pl.col(ROW)
    return rows.group_by(DELIVERY).agg(
        pl.len().cast(pl.Int64).alias(kind),
        place.sum().alias("sum"),
        place.max().alias("last"),
        (place.cast(pl.UInt64) * place.cast(pl.UInt64)).sum().alias("squares"),
    )


@dataclass(frozen=True)
class Verdict:
    """Deliveries refused whole, and deliveries to be warned of, each with its share of bad rows."""

    refused: Mapping[int, float]
    warned: Mapping[int, float]


def rate(found: list[Account], warn: float, most: float) -> Verdict:
    """Which deliveries have more bad rows than `most`, and which more than `warn`."""
    refused = {one.delivery: one.share for one in found if one.share > most}
    warned = {one.delivery: one.share for one in found if warn < one.share <= most}
    return Verdict(refused, warned)

"""The same with polars, streaming: one lazy query with two Parquet files at its end."""

from pathlib import Path

import polars as pl

from benchmarks.ingestion.payments import COUNTRIES
from benchmarks.ingestion.timed import timed

COLUMNS = ("id", "time", "amount", "age", "country", "new", "score", "label")
TRUTH = {"true": True, "false": False}


def clean(file: Path, home: Path) -> tuple[int, int]:
    cast = {
        "time": pl.col("time").str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False),
        "new": pl.col("new").replace_strict(TRUTH, default=None),
        **{name: pl.col(name).cast(pl.Float64, strict=False) for name in ("amount", "score")},
        **{name: pl.col(name).cast(pl.Int64, strict=False) for name in ("age", "label")},
    }
    typed = {name: f"{name} typed" for name in cast}
    rows = pl.scan_csv(file, infer_schema=False).with_columns(
        expression.alias(typed[name]) for name, expression in cast.items()
    )
    good = (
        pl.all_horizontal(pl.col("id").is_not_null(), pl.col(*typed.values()).is_not_null())
        & (pl.col("amount typed") > 0)
        & (pl.col("amount typed") < 1e6)
        & pl.col("age typed").is_between(0, 120)
        & pl.col("country").is_in(COUNTRIES)
        & pl.col("label typed").is_in([0, 1])
    ).fill_null(value=False)
    rows = rows.with_columns(good.alias("good"))
    rows = rows.with_columns(
        pl.col("good") & pl.struct(pl.when("good").then("id"), "good").is_first_distinct()
    )
    kept = rows.filter("good").select(
        pl.col(typed[name]).alias(name) if name in typed else name for name in COLUMNS
    )
    broken = rows.filter(~pl.col("good")).select(COLUMNS)
    files = [home / "good.parquet", home / "bad.parquet"]
    pl.collect_all(
        [
            part.sink_parquet(path, lazy=True)
            for part, path in zip((kept, broken), files, strict=True)
        ]
    )
    kept_rows, broken_rows = (
        pl.scan_parquet(path).select(pl.len()).collect().item() for path in files
    )
    return kept_rows, broken_rows


if __name__ == "__main__":
    timed(clean)

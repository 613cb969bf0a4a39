"""What a careful person writes in an hour with pandas: read, cast, check, split, write."""

from pathlib import Path

import pandas as pd

from benchmarks.ingestion.payments import COUNTRIES
from benchmarks.ingestion.timed import timed


def clean(file: Path, home: Path) -> tuple[int, int]:
    text = pd.read_csv(file, dtype=str)
    typed = pd.DataFrame({"id": text["id"], "country": text["country"]})
    typed["time"] = pd.to_datetime(text["time"], errors="coerce", format="ISO8601")
    for name in ("amount", "age", "score", "label"):
        typed[name] = pd.to_numeric(text[name], errors="coerce")
    typed["new"] = text["new"].map({"true": True, "false": False})
    good = (
        typed.notna().all(axis=1)
        & typed["amount"].between(0, 1e6, inclusive="neither")
        & typed["age"].between(0, 120)
        & typed["country"].isin(COUNTRIES)
        & typed["label"].isin([0, 1])
    )
    good &= ~typed["id"].where(good).duplicated() | ~good
    kept = typed[good].astype({"age": "int64", "label": "int64", "new": "bool"})
    kept.to_parquet(home / "good.parquet", compression="zstd")
    text[~good].to_parquet(home / "bad.parquet", compression="zstd")
    return len(kept), int((~good).sum())


if __name__ == "__main__":
    timed(clean)

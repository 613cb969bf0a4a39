"""The rows of one file as text, as cleaning reads them."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from platform_assets.data.reading.read import read_rows
from platform_assets.spec.source import Source


def texts(path: Path, columns: Sequence[str], form: str) -> pl.DataFrame:
    """Every row of the file; it has no faults."""
    source = Source.model_validate({"pattern": "*", "format": form})
    with path.open("rb") as content:
        parts = list(read_rows(content, columns, source))
    assert not any(part.faults for part in parts)
    return pl.concat([part.text for part in parts])

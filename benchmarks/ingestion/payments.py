"""The file that all sides clean: card payments with the dirt of real files, and their contract."""

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.csv as csv
from pandera.typing import Series

COUNTRIES = ("de", "fr", "jp", "us")
CHUNK = 1_000_000
DIRTY, REPEATED = 0.002, 0.001
FAULTS = ("", "n/a", "x1")


class Contract(pandera.DataFrameModel):
    """One payment a row; `id` must not repeat."""

    id: Series[str]
    time: Series[pd.Timestamp]
    amount: Series[float] = pandera.Field(gt=0, lt=1e6)
    age: Series[int] = pandera.Field(ge=0, le=120)
    country: Series[str] = pandera.Field(isin=list(COUNTRIES))
    new: Series[bool]
    score: Series[float]
    label: Series[int] = pandera.Field(isin=[0, 1])


def write_payments(file: Path, rows: int, first: int = 0) -> Path:
    """Rows from `first` on, the same each time; about one in ninety breaks the contract."""
    with file.open("wb") as out:
        for start in range(first, first + rows, CHUNK):
            _write(out, start, min(CHUNK, first + rows - start), header=start == first)
    return file


def _write(out: BinaryIO, start: int, rows: int, *, header: bool) -> None:
    draw = np.random.default_rng(start)
    places = np.arange(start, start + rows)
    again = draw.choice(rows - 1, int(rows * REPEATED), replace=False) + 1
    places[again] -= 1
    moments = np.datetime64("2024-01-01") + np.arange(start, start + rows).astype("timedelta64[s]")
    table = pa.table(
        {
            "id": [f"T{place:09d}" for place in places],
            "time": _dirty(draw, np.datetime_as_string(moments)),
            "amount": _dirty(draw, draw.gamma(2, 40, rows).round(2) + 0.01),
            "age": _dirty(draw, draw.integers(18, 90, rows)),
            "country": draw.choice(COUNTRIES, rows),
            "new": _dirty(draw, draw.choice(["true", "false"], rows)),
            "score": _dirty(draw, draw.normal(size=rows).round(6)),
            "label": draw.choice(["0", "1"], rows),
        }
    )
    options = csv.WriteOptions(quoting_style="none", include_header=header)
    csv.write_csv(table, out, options)


def _dirty(draw: np.random.Generator, values: npt.NDArray[Any]) -> pa.Array:
    text = values.astype(str).astype(object)
    spoilt = draw.choice(len(text), int(len(text) * DIRTY), replace=False)
    text[spoilt] = draw.choice(FAULTS, len(spoilt))
    return pa.array(text, pa.string())

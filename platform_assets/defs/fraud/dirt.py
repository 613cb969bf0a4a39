"""What goes wrong with files on their way: gaps, wrong types, impossible values, delays."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

# Share of a day's rows.
LATE = 0.006
REPEATED = 0.004
GAPS = 0.003
WRONG_TYPES = 0.002
IMPOSSIBLE = 0.002

LONGEST_DELAY = 3
_EMPTIED = ("amount", "merchant_category", "hour", "time", "is_fraud")
_MISTYPED = {
    "amount": ("12,50", "n/a", "EUR 30"),
    "time": ("31/02/2026 25:10", "yesterday"),
    "hour": ("noon", "7.5"),
    "customer_count_24h": ("many", "NULL"),
    "is_fraud": ("maybe", "-"),
}
_NEVER = {
    "amount": ("-20.0", "0.0", "99999999.0"),
    "hour": ("24", "-1"),
    "merchant_category": ("Grocery ", "misc", "5411"),
    "distance_from_home_km": ("-3.0", "40075.0"),
    "terminal_fraud_share_30d": ("1.5",),
}


def as_text(clean: pd.DataFrame) -> pd.DataFrame:
    """Every value as it is written into a file; missing ones stay None."""
    table = pa.Table.from_pandas(clean, preserve_index=False)
    columns = {name: _as_text(table.column(name)) for name in table.column_names}
    text: pd.DataFrame = pa.table(columns).to_pandas()
    return text


def soil(
    day: pd.DataFrame, draw: np.random.Generator
) -> tuple[pd.DataFrame, dict[int, pd.DataFrame]]:
    """What arrives of a day's rows on time, and what arrives how many days late.

    A row is spoilt at most once; some rows arrive twice.
    """
    rows = len(day)
    kinds = draw.choice(
        ["fine", "late", "repeated", "gap", "type", "never"],
        rows,
        p=_shares(LATE, REPEATED, GAPS, WRONG_TYPES, IMPOSSIBLE),
    )
    pick = draw.integers(0, 60, rows)
    soiled = day.copy()
    for place, column in enumerate(_EMPTIED):
        soiled.loc[(kinds == "gap") & (pick % len(_EMPTIED) == place), column] = None
    for kind, wrong in (("type", _MISTYPED), ("never", _NEVER)):
        for place, (column, values) in enumerate(wrong.items()):
            hit = (kinds == kind) & (pick % len(wrong) == place)
            soiled.loc[hit, column] = draw.choice(np.array(values, dtype=object), int(hit.sum()))
    delay = np.where(kinds == "late", draw.integers(1, LONGEST_DELAY + 1, rows), 0)
    late = {int(days): soiled[delay == days] for days in np.unique(delay) if days}
    return pd.concat([soiled[delay == 0], soiled[kinds == "repeated"]]), late


def write_csv(path: Path, rows: pd.DataFrame) -> Path:
    """Write `rows` of text to `path`, which appears whole or not at all."""
    hidden = path.with_name(f".{path.name}.part")
    table = pa.Table.from_pandas(rows, preserve_index=False)
    csv.write_csv(table, hidden, csv.WriteOptions(quoting_style="needed"))
    return hidden.replace(path)


def _shares(*spoilt: float) -> list[float]:
    return [1 - sum(spoilt), *spoilt]


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column.cast(pa.timestamp("s")), format="%Y-%m-%dT%H:%M:%S")
    return column.cast(pa.string())

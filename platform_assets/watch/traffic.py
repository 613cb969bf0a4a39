"""What callers asked in one window, by the version that answered; Slipway's own probes left out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from platform_assets.ml.sampling import some_rows
from platform_assets.watch import log_rows as names
from platform_assets.watch.landing_log import table
from platform_assets.watch.windows import Window, due
from resources.lake import Lake
from serving.access.grants import PROBE
from serving.signature import Column, Signature

MOST_ROWS = 50_000
"""Of more rows, so many are drawn by lot: figures are no surer for judging more."""

ROW_ID = "_row_id"


@dataclass(frozen=True)
class Traffic:
    """What one version was asked in one window.

    `requests` has a row for each request, with status and latency in ms, and `logged` one for each
    row that was scored, at most MOST_ROWS; both have the columns of the table `predictions`, and
    `logged` has what names a row in ROW_ID, see `row_ids`.
    """

    environment: str
    digest: str
    version: str
    window: Window
    requests: pd.DataFrame
    logged: pd.DataFrame

    def features(self, signature: Signature) -> pd.DataFrame:
        """The features as they were sent, numbers as float64, shape (n, columns)."""
        return pd.DataFrame({one.name: _cells(self.logged, one) for one in signature.columns})

    @property
    def scores(self) -> np.ndarray:
        """Shape (n,), or (n, k) for a multiclass task; NaN where the answer was no number."""
        several = self.logged[names.SCORES]
        if len(several) and several.notna().all():
            return np.array([list(one) for one in several], dtype=np.float64)
        return self.logged[names.SCORE].to_numpy(np.float64)


def windows_due(
    lake: Lake,
    model: str,
    after: datetime,
    now: datetime,
    length: timedelta,
    waiting: datetime | None = None,
) -> list[Window]:
    """The closed windows in which a caller asked, from `after` on, the oldest first.

    `waiting` as in `closed_until`.
    """
    name = table(model)
    if not lake.exists(name):
        return []
    wanted = [names.TIME, names.REQUEST_ID]
    asked = without_probes(lake.read(name, columns=wanted, where=[(names.TIME, ">=", after)]))
    minutes = pc.unique(pc.floor_temporal(asked[names.TIME], unit="minute"))
    return due(minutes.to_pylist(), after, now, length, waiting)


def traffic(lake: Lake, model: str, window: Window) -> list[Traffic]:
    """What was asked in a window, of each version in each environment that answered."""
    name = table(model)
    where = [(names.TIME, ">=", window.start), (names.TIME, "<", window.end)]
    rows = without_probes(lake.read(name, where=where))
    frame = rows.to_pandas()
    grouped = frame.groupby([names.ENVIRONMENT, names.DIGEST], sort=True)
    return [
        Traffic(
            environment=str(environment),
            digest=str(digest),
            version=str(part[names.VERSION].iloc[-1]),
            window=window,
            requests=part[part[names.ROW].fillna(0) == 0],
            logged=_some(part[part[names.ROW].notna()]),
        )
        for (environment, digest), part in grouped
    ]


def without_probes(rows: pa.Table) -> pa.Table:
    """The rows of requests that are not Slipway's own."""
    return rows.filter(pc.invert(pc.starts_with(rows[names.REQUEST_ID], PROBE)))


def row_ids(logged: pd.DataFrame) -> pd.Series:
    """What names a row: the id of its request, with `/<row>` behind it if there were several.

    A request that was sent again under its id names the same row.
    """
    place, ids = logged[names.ROW].fillna(0).astype(int), logged[names.REQUEST_ID]
    several = place.groupby(ids).transform("max") > 0
    return ids.where(~several, ids + "/" + place.astype(str))


def _some(rows: pd.DataFrame) -> pd.DataFrame:
    """At most MOST_ROWS rows, the same ones each time, named as among all of them."""
    kept = some_rows(rows.index.to_numpy(), MOST_ROWS, classes=False)
    return rows.assign(**{ROW_ID: row_ids(rows)}).iloc[kept].reset_index(drop=True)


def _cells(logged: pd.DataFrame, column: Column) -> pd.Series:
    """A feature's values, from the column of its type if there is one, see `log_rows.value_of`."""
    empty = pd.Series(np.nan, index=logged.index, dtype=object)
    found = logged.get(column.name, empty)
    apart = logged.get(f"{column.name}__{column.type}")
    values = found if apart is None else apart.where(apart.notna(), found)
    if column.type == "string":
        texts: pd.Series = values.astype(object)
        texts[values.isna()] = None
        return texts
    return values.astype(np.float64)

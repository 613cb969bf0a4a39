"""Rows that one bundle has scored in batches, as the table has them, with the features of some.

What is judged is read back, so a batch whose run ended behind its commit is judged by the next run.
"""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from platform_assets.data.contract import LINEAGE
from platform_assets.release.batch import Pinned, table
from platform_assets.watch.log_rows import DIGEST, SCORE, SCORES, TIME
from resources.lake import Lake

# Enough to compare distributions by, and few enough to be held.
SAMPLED = 10_000

Array = npt.NDArray[np.float64]


def _none() -> Array:
    return np.empty(0)


@dataclass(frozen=True, eq=False)
class ScoredRows:
    """`scores` of all of them, shape (n,) or (n, classes), the last of them scored at `last`.

    `sample` has the features of up to SAMPLED, evenly spread, and `sampled` their scores.
    """

    scores: Array = field(default_factory=_none)
    sample: pl.DataFrame = field(default_factory=pl.DataFrame)
    sampled: Array = field(default_factory=_none)
    last: datetime | None = None


def scored_rows(lake: Lake, pinned: Pinned, since: datetime | None) -> ScoredRows:
    """Rows of the pinned digest from batches after `since`; if there are none, of its newest batch.

    Rows that were forgotten meanwhile have no features and are in no sample.
    """
    name = table(pinned.manifest.model)
    version = lake.newest(name)
    if version is None:
        return ScoredRows()
    mine = [(DIGEST, "=", pinned.manifest.bundle_digest)]
    times = sorted(pl.DataFrame(lake.read(name, version, [TIME], mine))[TIME].unique())
    if not times:
        return ScoredRows()
    first = next((one for one in times if since is None or one > since), times[-1])
    columns, when = [*LINEAGE, SCORE, SCORES], [*mine, (TIME, ">=", first)]
    rows = pl.DataFrame(lake.read(name, version, columns, when)).sort(LINEAGE)
    shown = _with_features(lake, pinned, rows.gather_every(-(-rows.height // SAMPLED)))
    sample = shown.select(pinned.bundle.signature.names)
    return ScoredRows(_scores(rows), sample, _scores(shown), times[-1])


def _with_features(lake: Lake, pinned: Pinned, rows: pl.DataFrame) -> pl.DataFrame:
    source = f"{pinned.manifest.model}/cleaned"
    wanted = [*LINEAGE, *pinned.bundle.signature.names]
    none = pl.DataFrame(lake.schema(source).empty_table()).select(wanted)
    parts = lake.batches(source, lake.version(source), wanted)
    found = [pl.DataFrame(pa.table(part)).join(rows, on=LINEAGE, how="semi") for part in parts]
    features = pl.concat([none, *found]).unique(LINEAGE, maintain_order=True)
    return rows.join(features, on=LINEAGE, maintain_order="left")


def _scores(rows: pl.DataFrame) -> Array:
    several = rows[SCORES].null_count() < rows.height
    return np.array(rows[SCORES].to_list()) if several else rows[SCORE].to_numpy()

"""Clean rows scored by one bundle into the table `batch_predictions`, each once.

A row is known by its delivery and its place in it, as in `cleaned`. A batch is one commit right
behind the version of the table that was looked at, so whoever is second looks again, and finds
nothing left to do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from gitops.manifest import ReleaseManifest
from platform_assets.data.contract import DELIVERY, LINEAGE, ROW
from platform_assets.watch.log_rows import DIGEST, ENVIRONMENT, LABEL, SCORE, SCORES, TIME, VERSION
from resources.delta_files import Layout
from resources.errors import ConcurrentWrite
from resources.lake import ATTEMPTS, Lake
from serving.bundle import Bundle
from serving.scorer import Scorer
from serving.signature import Column

NAME = "batch_predictions"
CLEANED = "_cleaned_version"
SCHEMA = pa.schema(
    [
        (DELIVERY, pa.int64()),
        (ROW, pa.int64()),
        (ENVIRONMENT, pa.string()),
        (DIGEST, pa.string()),
        (VERSION, pa.string()),
        (CLEANED, pa.int64()),
        (TIME, pa.timestamp("us", tz="UTC")),
        (SCORE, pa.float64()),
        (SCORES, pa.list_(pa.float64())),
        (LABEL, pa.string()),
    ]
)
LAYOUT = Layout(plain=(SCORES,))

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pinned:
    """What git declares for an environment: its manifest, and the stored bundle, loaded."""

    manifest: ReleaseManifest
    bundle: Bundle
    scorer: Scorer


@dataclass
class Batch:
    """What one batch did: of `due` rows of one version of `cleaned`, `written` were scored at `at`.

    `repeated` keys stood in `cleaned` more than once.
    """

    cleaned: int
    at: datetime
    due: int = 0
    repeated: int = 0
    written: int = 0


def table(model: str) -> str:
    return f"{model}/{NAME}"


def score_batch(lake: Lake, pinned: Pinned, *, again: bool = False) -> Batch:
    """Score the clean rows that no batch has scored; `again`, those that this digest has not.

    Raises
    ------
    TableMissing
        If no row was ever cleaned.
    InvalidInput
        For a row that the bundle does not take; then nothing of the batch is written.
    """
    manifest = pinned.manifest
    name, source = table(manifest.model), f"{manifest.model}/cleaned"
    for _ in range(ATTEMPTS):
        behind, version = lake.newest(name), lake.version(source)
        batch = Batch(version, datetime.now(UTC))
        fresh = _fresh(lake, source, version, _done(lake, name, behind, manifest, again=again))
        batch.due = fresh.height
        batch.repeated = fresh.height - fresh.unique().height
        if not batch.due:
            return batch
        parts = _scored(lake, source, pinned, fresh, batch)
        if lake.commit_behind(name, behind, SCHEMA, parts, {}, layout=LAYOUT) is not None:
            return batch
    raise ConcurrentWrite(lake.uri(name), ATTEMPTS)


def _done(
    lake: Lake, name: str, behind: int | None, manifest: ReleaseManifest, *, again: bool
) -> pl.DataFrame:
    if behind is None:
        return pl.DataFrame(schema=dict.fromkeys(LINEAGE, pl.Int64))
    where = [(DIGEST, "=", manifest.bundle_digest)] if again else None
    return _frame(lake.read(name, behind, LINEAGE, where))


def _fresh(lake: Lake, source: str, version: int, done: pl.DataFrame) -> pl.DataFrame:
    keys = _frame(lake.read(source, version, LINEAGE))
    return keys.join(done, on=LINEAGE, how="anti")


def _scored(
    lake: Lake, source: str, pinned: Pinned, fresh: pl.DataFrame, batch: Batch
) -> Iterator[pa.RecordBatch]:
    signature = pinned.bundle.signature
    wanted = [*LINEAGE, *signature.names]
    for part in lake.batches(source, batch.cleaned, wanted):
        rows = _frame(pa.table(part)).join(fresh, on=LINEAGE, how="semi", maintain_order="left")
        if not rows.height:
            continue
        columns = {one.name: _cells(rows[one.name], one) for one in signature.columns}
        scores = pinned.scorer.score(signature.arrays(columns))
        batch.written += rows.height
        yield _record(rows, scores, pinned, batch)


def _record(rows: pl.DataFrame, scores: Array, pinned: Pinned, batch: Batch) -> pa.RecordBatch:
    manifest, signature, several = pinned.manifest, pinned.bundle.signature, scores.ndim > 1
    labels: list[str | None] = [*signature.labels(scores)]
    cells = {
        DELIVERY: rows[DELIVERY].to_list(),
        ROW: rows[ROW].to_list(),
        ENVIRONMENT: [manifest.environment] * rows.height,
        DIGEST: [manifest.bundle_digest] * rows.height,
        VERSION: [manifest.model_version] * rows.height,
        CLEANED: [batch.cleaned] * rows.height,
        TIME: [batch.at] * rows.height,
        SCORE: scores.max(axis=1) if several else scores,
        SCORES: scores.tolist() if several else [None] * rows.height,
        LABEL: labels or [None] * rows.height,
    }
    columns = [pa.array(cells[one.name], one.type) for one in SCHEMA]
    return pa.record_batch(columns, schema=SCHEMA)


def _cells(values: pl.Series, column: Column) -> list[object] | npt.NDArray[np.float64]:
    """Numbers as an array with NaN for missing; everything else cell by cell."""
    if column.type in ("float", "integer"):
        return values.cast(pl.Float64).to_numpy()
    return values.to_list()


def _frame(rows: pa.Table) -> pl.DataFrame:
    return pl.DataFrame(rows)

"""Rows that are known, scored by two bundles beside each other: what a canary lacks in traffic."""

import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gitops.figures import Figures, figures_from
from gitops.manifest import ReleaseManifest
from platform_assets.ml.holdout import HOLDOUT
from platform_assets.model.rows import PART
from platform_assets.watch.landing_log import table
from platform_assets.watch.log_rows import ROW, TIME, value_of
from resources.artifacts import Artifacts
from resources.lake import Lake
from serving.bundle import Bundle, open_bundle
from serving.errors import BundleError, RequestError
from serving.figures import Arm, Pairs
from serving.scorer import Scorer, load_scorer
from serving.signature import Array

Row = Mapping[str, Any]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Version:
    """A stored bundle, loaded."""

    bundle: Bundle
    scorer: Scorer

    def score(self, row: Row) -> Array:
        """The score of one row; RequestError if it is refused."""
        signature = self.bundle.signature
        features = {one.name: value_of(row, one) for one in signature.columns}
        return self.scorer.score(signature.arrays(signature.columns_of([features])))


@dataclass(frozen=True)
class LoggedRows:
    """`gitops.stepping.Replayer` on the prediction log, and behind it on the training set.

    Whatever the log has less than is asked for, rows of the training set's holdout make up. If
    there are `keys`, one of them must have signed each bundle; `trusted` are types of skops models.
    """

    lake: Lake
    artifacts: Artifacts
    keys: Sequence[Ed25519PublicKey] = ()
    trusted: tuple[str, ...] = ()

    def replay(
        self, stable: ReleaseManifest, candidate: ReleaseManifest, requests: int
    ) -> Figures | None:
        """Score the newest logged rows, and held ones behind them.

        None without any, and where a stored bundle cannot be loaded, which is logged.
        """
        try:
            was, new = self._version(stable), self._version(candidate)
        except BundleError as error:
            logger.warning("nothing is replayed: %s", error)
            return None
        rows = logged_rows(self.lake, candidate.model, requests)
        rows += held_rows(self.lake, candidate.model, requests - len(rows))
        return side_by_side(was, new, rows) if rows else None

    def _version(self, manifest: ReleaseManifest) -> Version:
        folder = self.artifacts.bundle_folder(manifest.model, manifest.bundle_digest)
        bundle = open_bundle(folder, manifest.bundle_digest, self.keys)
        return Version(bundle, load_scorer(bundle, self.trusted))


def side_by_side(stable: Version, candidate: Version, rows: Sequence[Row]) -> Figures:
    """What both did on the same rows, one at a time and in turn.

    A row that the stable version refuses counts for neither: it is no fault of the candidate, and
    excuses none. What the candidate refuses is an error of its requests.
    """
    arms, pairs = (Arm(), Arm()), Pairs()
    for row in rows:
        was, took = _timed(stable, row)
        if was is None:
            continue
        arms[0].count(took)
        new, took = _timed(candidate, row)
        arms[1].count(took, failed=new is None)
        if new is not None:
            pairs.compare(stable.bundle, candidate.bundle, was, new)
    told = {"stable": arms[0].told(), "candidate": arms[1].told(), "pairs": pairs.told()}
    return figures_from(told)


def logged_rows(lake: Lake, model: str, count: int) -> list[Row]:
    """The newest rows that an endpoint has scored, at most `count`, the oldest of them first."""
    name = table(model)
    if not lake.exists(name) or count < 1:
        return []
    places = lake.read(name, columns=[TIME, ROW])
    times = places.filter(pc.is_valid(places[ROW])).column(TIME)
    if not len(times):
        return []
    newest = times.take(
        pc.select_k_unstable(pa.table({TIME: times}), count, [(TIME, "descending")])
    )
    found = lake.read(name, where=[(TIME, ">=", pc.min(newest).as_py())]).to_pylist()
    rows = sorted((one for one in found if one[ROW] is not None), key=lambda one: one[TIME])
    return rows[-count:]


def held_rows(lake: Lake, model: str, count: int) -> list[Row]:
    """Rows of the training set that no version has learned from, at most `count`."""
    name = f"{model}/training_set"
    if not lake.exists(name) or count < 1:
        return []
    rows: list[Row] = []
    where = [(PART, "=", HOLDOUT)]
    for batch in lake.batches(name, lake.version(name), lake.schema(name).names, where):
        rows += batch.slice(0, count - len(rows)).to_pylist()
        if len(rows) == count:
            break
    return rows


def _timed(version: Version, row: Row) -> tuple[Array | None, int]:
    """The scores, None if the row is refused, and how many nanoseconds it took."""
    begun = time.perf_counter_ns()
    score: Array | None = None
    with suppress(RequestError):
        score = version.score(row)
    return score, time.perf_counter_ns() - begun

"""What the truth, once it has come, says of the answers; and what stands in for it until then.

Labels arrive late, by the same deliveries as all data. A row is found again by the model's id
column, which is the request's id (with `/<row>` behind it if the request had several rows), or,
where `monitoring.labels` says so, by its entity and time.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from platform_assets.folder import ModelFolder
from platform_assets.ml.export import columns
from platform_assets.ml.intervals import FEW, Interval, bootstrap, telling_rows
from platform_assets.ml.metrics import Metric, metric
from platform_assets.model.rows import encode_target
from platform_assets.watch.look import Look
from platform_assets.watch.monitors.entity_labels import by_entity
from platform_assets.watch.observations import Observation
from platform_assets.watch.traffic import ROW_ID, Traffic
from resources.lake import Lake

QUALITY, QUALITY_PROXY, SKEW = "quality", "quality_proxy", "skew"
ENOUGH = 0.8
"""The share of a window's rows whose labels are waited for, for as long as `label_days` allow."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Delivered:
    """Rows of `cleaned` that were also asked for, by their place in `Traffic.logged`, ascending."""

    places: npt.NDArray[np.int64]
    frame: pd.DataFrame

    def known(self, target: str) -> "Delivered":
        """Those whose label has come."""
        there = self.frame[target].notna().to_numpy()
        return Delivered(self.places[there], self.frame[there].reset_index(drop=True))


def delivered(lake: Lake, folder: ModelFolder, traffic: Traffic) -> Delivered:
    """The delivered rows whose id is that of a logged row; none for a model without an id."""
    spec, name = folder.spec, f"{folder.name}/cleaned"
    wanted = [*spec.features, spec.target]
    if spec.id is None or traffic.logged.empty or not lake.exists(name):
        return Delivered(np.empty(0, np.int64), pd.DataFrame(columns=wanted))
    place = _places(traffic.logged[ROW_ID], lake.schema(name).field(spec.id).type)
    where = [(spec.id, "in", list(place))]
    rows = lake.read(name, columns=[spec.id, *wanted], where=where).to_pandas()
    places = rows[spec.id].map(place).to_numpy(np.int64)
    order = np.argsort(places, kind="stable")
    return Delivered(places[order], rows[wanted].iloc[order].reset_index(drop=True))


@dataclass(frozen=True)
class Truth:
    """The delivered rows that were found again, by id first; and how the others were not."""

    found: Delivered
    by_id: int
    ambiguous: int
    unmatched: int

    def sentence(self) -> str:
        by_entity = len(self.found.places) - self.by_id
        return (
            f"{self.by_id} rows by id, {by_entity} by entity and time; left out: "
            f"{self.ambiguous} ambiguous, {self.unmatched} of no prediction"
        )


def truth(lake: Lake, folder: ModelFolder, traffic: Traffic, named: Delivered) -> Truth:
    """What was `delivered` by id, and beside it what `monitoring.labels` joins."""
    other = by_entity(lake, folder, traffic)
    both = np.concatenate([named.places, other.places])
    order = np.argsort(both, kind="stable")
    parts = [one for one in (named.frame, other.frame) if len(one)]
    frame = pd.concat(parts, ignore_index=True) if parts else named.frame
    found = Delivered(both[order], frame.iloc[order].reset_index(drop=True))
    return Truth(found, len(named.places), other.ambiguous, other.unmatched)


def skew(look: Look, found: Delivered) -> list[Observation]:
    """For each feature, the share of rows of which serving was told another value than training."""
    if not len(found.places):
        return []
    signature = look.served.signature
    online = columns(look.traffic.features(signature).iloc[found.places], signature)
    offline = columns(found.frame, signature)
    return [
        look.judged(
            SKEW,
            name,
            len(found.places),
            float(different(online[name], offline[name]).mean()),
            look.settings.skew,
        )
        for name in signature.names
    ]


def different(online: Array, offline: Array) -> npt.NDArray[np.bool_]:
    """Which of two columns' values differ at all; two gaps are the same. Shape (n,)."""
    gaps = pd.isna(online) & pd.isna(offline)
    found: npt.NDArray[np.bool_] = (online != offline) & ~gaps
    return found


def quality(look: Look, found: Delivered) -> list[Observation]:
    """The model's metric on the rows whose label is known, beside the same on the holdout.

    Beyond when its whole interval is worse than the whole interval on the holdout. Without
    `FEW` rows besides those of the most common class there is no interval to rely on.
    """
    spec = look.folder.spec
    judge, known = metric(spec.task, spec.metric), found.known(spec.target)
    names, target = look.served.signature.classes, known.frame[spec.target]
    kept = target.astype(str).isin(names).to_numpy() | (not names)
    y = encode_target(target[kept], names)
    scores = look.traffic.scores[known.places[kept]]
    enough = telling_rows(y, judge.classes) >= FEW
    told = bootstrap(judge, y, scores) if enough else None
    if told is None or not told.known:
        return [look.judged(QUALITY, spec.metric, len(y), None, _worst(judge, look))]
    return [_judged(look, judge, told, len(y))]


def proxy(look: Look) -> list[Observation]:
    """What the metric would be if every probability were true; no label is asked, none is proven.

    Confidence-based performance estimation, for tasks whose scores are probabilities. It raises no
    alert: a model that is wrong and sure is good by its own word.
    """
    spec, scores = look.folder.spec, look.traffic.scores
    if spec.task == "regression" or not len(scores) or not np.isfinite(scores).all():
        return []
    value = expected_metric(metric(spec.task, spec.metric), scores)
    known = value if np.isfinite(value) else None
    return [look.judged(QUALITY_PROXY, spec.metric, len(scores), known, None)]


def expected_metric(judge: Metric, scores: Array) -> float:
    """The metric with each row counted as every class, weighed by its probability.

    `scores` has shape (n,) for a binary task, (n, k) for a multiclass one.
    """
    likely = np.column_stack([1 - scores, scores]) if scores.ndim == 1 else scores
    count, classes = likely.shape
    y = np.tile(np.arange(classes), count)
    return judge.prepare(y, np.repeat(scores, classes, axis=0))(likely.ravel())


def complete(look: Look, found: Delivered) -> bool:
    """Whether so many labels have come that the rest need not be waited for."""
    known = found.known(look.folder.spec.target)
    return bool(len(known.places) >= ENOUGH * max(len(look.traffic.logged), 1))


def _judged(look: Look, judge: Metric, told: Interval, rows: int) -> Observation:
    worst = _worst(judge, look)
    best = told.high if judge.greater_is_better else told.low
    beyond = worst is not None and judge.improvement(best, worst) < 0
    ends = (told.low, told.high)
    return look.judged(
        QUALITY, look.folder.spec.metric, rows, told.value, worst, beyond=beyond, interval=ends
    )


def _worst(judge: Metric, look: Look) -> float | None:
    """The worse end of what the holdout showed."""
    held = look.served.holdout
    return None if held is None else held.low if judge.greater_is_better else held.high


def _places(ids: pd.Series, kind: pa.DataType) -> dict[object, int]:
    """Where each id stands, as the table has it; what cannot be one is left out."""
    if pa.types.is_integer(kind):
        return {int(one): place for place, one in enumerate(ids) if one.isdecimal()}
    return {one: place for place, one in enumerate(ids)}

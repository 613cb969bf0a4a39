"""What it costs to keep an old model: earlier models, scored now on today's holdout."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from platform_assets.ml.intervals import Interval, draws, interval, telling_rows
from platform_assets.ml.metrics import Metric

Array = npt.NDArray[Any]

_SAMPLES = 100


@dataclass(frozen=True)
class Stale:
    """An earlier model: its `figure` now, and what it costs to have it in place of the candidate.

    `days` is by how much its newest row to learn from is older than the candidate's; None if rows
    tell no time. `cost` is in the metric's unit, positive if the candidate is better.
    """

    version: str
    days: float | None
    figure: Interval
    cost: Interval


@dataclass(frozen=True)
class Staleness:
    """Earlier models, the newest first, on `rows` rows of the holdout that none of them learned.

    `left_out` names versions that could not be asked, with the reason; `candidate` is the
    candidate's own figure on the same rows, None if there is nothing to compare it with.
    """

    models: Sequence[Stale]
    rows: int
    left_out: Mapping[str, str]
    sentence: str
    candidate: Interval | None = None


def staleness(
    metric: Metric,
    y: Array,
    candidate: Array,
    earlier: Mapping[str, Array],
    days: Mapping[str, float | None],
    left_out: Mapping[str, str],
    *,
    seed: int = 0,
) -> Staleness:
    """Compare; `earlier` and `days` name versions, all arrays describe the same n rows."""
    if not earlier or not len(y):
        return Staleness([], len(y), left_out, _nothing(earlier, left_out))
    judges = [metric.prepare(y, score) for score in (candidate, *earlier.values())]
    drawn = draws(judges, y, metric.classes, samples=_SAMPLES, seed=seed)
    whole = [judge(np.ones(len(y))) for judge in judges]
    rows = telling_rows(y, metric.classes)
    models = [
        Stale(
            version,
            days[version],
            interval(whole[place], drawn[place], rows),
            interval(
                metric.improvement(whole[0], whole[place]),
                metric.improvement(drawn[0], drawn[place]),
                rows,
            ),
        )
        for place, version in enumerate(earlier, start=1)
    ]
    ours = interval(whole[0], drawn[0], rows)
    return Staleness(models, len(y), left_out, _sentence(metric, models[-1]), ours)


def _nothing(earlier: Mapping[str, Array], left_out: Mapping[str, str]) -> str:
    if earlier:
        return "The earlier models learned from every row of this holdout, so none can be asked."
    if left_out:
        return "No earlier model can be asked any more."
    return "There is no earlier model yet."


def _sentence(metric: Metric, oldest: Stale) -> str:
    age = f", {oldest.days:.3g} days older," if oldest.days is not None else ""
    who = f"Version {oldest.version}{age}"
    if oldest.cost.low > 0:
        return f"{who} would cost {oldest.cost} of {metric.name}."
    if oldest.cost.high < 0:
        gain = Interval(-oldest.cost.value, -oldest.cost.high, -oldest.cost.low)
        return f"{who} would be better by {gain} of {metric.name}."
    return f"{who} costs nothing beyond chance: {oldest.cost} of {metric.name}."

"""What each feature is worth to the served model: how much worse it gets with the feature shuffled.

Measured on rows the model never learned from. Features that say the same share their worth, and
each alone may seem useless.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from platform_assets.ml.intervals import Interval, draws, interval, telling_rows
from platform_assets.ml.metrics import Metric
from platform_assets.ml.sampling import some_rows
from serving.scorer import Scorer

Array = npt.NDArray[Any]

_MOST_VALUES = 280_000
_MOST_ROWS = 20_000
_MOST_SHUFFLES = 10
_SAMPLES = 100


@dataclass(frozen=True)
class Importance:
    """`loss` is by how much the metric gets worse without the feature, in the metric's unit."""

    feature: str
    loss: Interval

    @property
    def useless(self) -> bool:
        """Whether the model would not be worse without it, beyond chance."""
        return not self.loss.low > 0


def importances(
    metric: Metric, y: Array, columns: Mapping[str, Array], scorer: Scorer, *, seed: int = 0
) -> list[Importance]:
    """Every feature, the most important first.

    `columns` are n rows as `Scorer.score` takes them. Of many rows and features a seeded sample is
    asked, see `rows_asked`; of few, each feature is shuffled up to ten times.
    """
    chosen = some_rows(y, rows_asked(len(y), len(columns)), classes=metric.classes, seed=seed)
    y, rows = y[chosen], {name: values[chosen] for name, values in columns.items()}
    times = int(np.clip(_MOST_VALUES // (len(y) * len(rows)), 2, _MOST_SHUFFLES))
    draw = np.random.default_rng(seed)
    judges = [metric.prepare(y, scorer.score(rows))]
    for name, values in rows.items():
        shuffled = [rows | {name: values[draw.permutation(len(y))]} for _ in range(times)]
        judges += [metric.prepare(y, scorer.score(one)) for one in shuffled]
    drawn = draws(judges, y, metric.classes, samples=_SAMPLES, seed=seed)
    whole = np.array([judge(np.ones(len(y))) for judge in judges])
    places = [slice(1 + place * times, 1 + (place + 1) * times) for place in range(len(rows))]
    telling = telling_rows(y, metric.classes)
    found = [
        Importance(name, _loss(metric, whole, drawn, place, telling))
        for name, place in zip(rows, places, strict=True)
    ]
    return sorted(found, key=lambda one: -np.nan_to_num(one.loss.value, nan=-np.inf))


def rows_asked(rows: int, features: int) -> int:
    """How many of `rows` are asked: fewer with many features, 20,000 at most."""
    return min(rows, _MOST_ROWS, max(_MOST_VALUES // max(features, 1), 500))


def useless(found: Sequence[Importance]) -> list[str]:
    """The features without which the model would be no worse, beyond chance."""
    return [one.feature for one in found if one.useless]


def _loss(metric: Metric, whole: Array, drawn: Array, shuffled: slice, rows: int) -> Interval:
    value = metric.improvement(float(whole[0]), float(whole[shuffled].mean()))
    return interval(value, metric.improvement(drawn[0], drawn[shuffled].mean(axis=0)), rows)

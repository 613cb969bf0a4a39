"""How sure a figure is: bootstrap intervals, of one model and of the difference of two.

Rows are drawn with replacement within each class, so that a rare class keeps its share in every
resample; rows of a regression are drawn from all. Equal data and seed draw equal rows, for every
metric and model, so that two models are always compared on the same resamples.

An interval is the middle of what was drawn, with its ends moved outwards for few rows, which vary
less when drawn from than when collected: the expanded percentile interval of Hesterberg (2015),
"What Teachers Should Know About the Bootstrap", The American Statistician 69 (4), section 5.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, stdtrit

from platform_assets.ml.metrics import Metric, Weighted

Array = npt.NDArray[Any]

SAMPLES = 200
LEVEL = 0.95
MOST_TIMES = 1000
FEW = 20
"""Below so many rows even a wider interval misses too often; see docs/decisions/0012."""


@dataclass(frozen=True)
class Interval:
    """A figure and the middle 95 % of what resamples of the same rows give."""

    value: float
    low: float
    high: float

    @property
    def known(self) -> bool:
        """Whether all three are numbers; a metric may be undefined on the rows at hand."""
        return bool(np.isfinite([self.value, self.low, self.high]).all())

    def __str__(self) -> str:
        """Four digits each, e.g. `0.8228 (0.797 to 0.8562)`."""
        if not np.isfinite(self.value):
            return "undefined"
        return f"{self.value:.4g} ({self.low:.4g} to {self.high:.4g})"


def bootstrap(
    metric: Metric, y: Array, score: Array, *, samples: int = SAMPLES, seed: int = 0
) -> Interval:
    """The metric of `score` with its interval, in the metric's unit; arrays as in `prepare`."""
    judge = metric.prepare(y, score)
    drawn = draws([judge], y, metric.classes, samples=samples, seed=seed)
    return interval(metric(y, score), drawn[0], telling_rows(y, metric.classes))


def draws(
    judges: Sequence[Weighted], y: Array, classes: bool, *, samples: int = SAMPLES, seed: int = 0
) -> Array:
    """What every judge says on the same resamples, shape (judges, samples)."""
    resamples = _resamples(y, classes, samples, seed)
    return np.array([[judge(weight) for judge in judges] for weight in resamples]).T


def telling_rows(y: Array, classes: bool) -> int:
    """How many rows a figure rests on: of classes, those besides the most common one."""
    if not classes:
        return len(y)
    counts = np.unique(y, return_counts=True)[1]
    return int(counts.sum() - counts.max(initial=0))


def interval(value: float, drawn: Array, rows: int) -> Interval:
    """`value` with the middle of what was drawn; an undefined draw makes the ends undefined.

    `rows` is how many the figure rests on. Of very few, the ends are the outermost draws.
    """
    tail = float(ndtr(-reach(rows, (1 - LEVEL) / 2)))
    # Of n draws the k-th is passed by k / (n + 1) on average; numpy's default takes it further in.
    low, high = np.quantile(drawn, [tail, 1 - tail], method="weibull")
    return Interval(value, float(low), float(high))


def reach(rows: int, tail: float) -> float:
    """How many spreads of its resamples a figure on `rows` may be off, but for `tail` each way."""
    if rows < 2:
        return math.inf
    return float(stdtrit(rows - 1, 1 - tail)) * math.sqrt(rows / (rows - 1))


def rows_to_tell(found: Interval, threshold: float, rows: int) -> int | None:
    """How many rows would part the interval from `threshold`, if the figure stayed as it is.

    An interval narrows with the root of the rows. Two digits, rounded up; None if it were more
    than a thousand times the `rows` at hand, or without end.
    """
    away = abs(found.value - threshold)
    width = found.value - found.low if found.value >= threshold else found.high - found.value
    if away * math.sqrt(MOST_TIMES) <= width:
        return None
    needed = max(math.ceil(round(rows * (width / away) ** 2, 6)), rows + 1)
    unit = int(10 ** max(len(str(needed)) - 2, 0))
    return math.ceil(needed / unit) * unit


def _resamples(y: Array, classes: bool, samples: int, seed: int) -> Iterator[Array]:
    """How often each row is drawn, shape (n,), `samples` times."""
    draw = np.random.default_rng(seed)
    codes = np.unique(y, return_inverse=True)[1] if classes else np.zeros(len(y), dtype=int)
    strata = [np.flatnonzero(codes == code) for code in np.unique(codes)]
    for _ in range(samples):
        weight = np.zeros(len(y))
        for rows in strata:
            drawn = draw.integers(0, len(rows), len(rows), dtype=np.int32)
            weight[rows] = np.bincount(drawn, minlength=len(rows))
        yield weight

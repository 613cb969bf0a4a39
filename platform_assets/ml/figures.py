"""Every figure of a candidate beside those of the models it has to beat, on the same rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from platform_assets.ml.intervals import SAMPLES, Interval, draws, interval, telling_rows
from platform_assets.ml.metrics import Metric, metric, metric_names

Array = npt.NDArray[Any]
CANDIDATE = "candidate"
_ORDER = ("champion", "linear", "dummy")


@dataclass(frozen=True)
class Figures:
    """What was measured on one holdout.

    `values` gives for each model (`candidate`, `champion`, `linear`, `dummy`) and metric the
    figure itself; `improvements` for each model but the candidate by how much the candidate is
    better, positive for better. There is no champion before the first release. All rest on
    `telling` of the `rows`: of classes, on those besides the most common one.
    """

    task: str
    rows: int
    telling: int
    values: Mapping[str, Mapping[str, Interval]]
    improvements: Mapping[str, Mapping[str, Interval]]

    @property
    def candidate(self) -> Mapping[str, Interval]:
        return self.values[CANDIDATE]


def measure(
    task: str,
    y: Array,
    candidate: Array,
    references: Mapping[str, Array],
    *,
    samples: int = SAMPLES,
    seed: int = 0,
) -> Figures:
    """Measure the candidate's scores and those of the references by every metric of the task.

    All arrays describe the same n rows: `y` as in `Metric.prepare`, the scores of shape (n,), or
    (n, k) for multiclass tasks.
    """
    known = [name for name in _ORDER if name in references]
    others = known + [name for name in references if name not in known]
    scores = {CANDIDATE: candidate} | {name: references[name] for name in others}
    metrics = [metric(task, name) for name in metric_names(task)]
    judges = [one.prepare(y, score) for score in scores.values() for one in metrics]
    drawn = draws(judges, y, metrics[0].classes, samples=samples, seed=seed)
    whole = np.array([judge(np.ones(len(y))) for judge in judges])
    shape = (len(scores), len(metrics))
    telling = telling_rows(y, metrics[0].classes)
    seen = _Seen(metrics, whole.reshape(shape), drawn.reshape(*shape, samples), telling)
    values = {model: seen.values(row) for row, model in enumerate(scores)}
    better = {model: seen.improvements(row) for row, model in enumerate(scores) if row}
    return Figures(task, len(y), telling, values, better)


@dataclass(frozen=True)
class _Seen:
    """`whole` has shape (models, metrics), `drawn` (models, metrics, samples)."""

    metrics: Sequence[Metric]
    whole: Array
    drawn: Array
    rows: int

    def values(self, model: int) -> dict[str, Interval]:
        return {
            one.name: interval(float(self.whole[model, i]), self.drawn[model, i], self.rows)
            for i, one in enumerate(self.metrics)
        }

    def improvements(self, model: int) -> dict[str, Interval]:
        return {
            one.name: interval(
                one.improvement(float(self.whole[0, i]), float(self.whole[model, i])),
                one.improvement(self.drawn[0, i], self.drawn[model, i]),
                self.rows,
            )
            for i, one in enumerate(self.metrics)
        }

"""What a model is measured by, for each task.

Every metric is written over weighted rows: plain figures weigh each row once, and a bootstrap
weighs it as often as it was drawn. What depends on the scores alone (sorting, losses per row) is
done once in `Metric.prepare`, so that hundreds of resamples stay cheap.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Value = TypeVar("Value", float, Array)
Weighted = Callable[[Array], float]
"""Weights of shape (n,), not all zero, to the metric on the rows weighted so."""

_TOP_SHARE = 0.01


@dataclass(frozen=True)
class Metric:
    """One figure of merit: its name, its better direction and one sentence for readers.

    `classes` says whether `y` names classes or is measured.
    """

    name: str
    greater_is_better: bool
    description: str
    _prepare: Callable[[Array, Array], Weighted]
    classes: bool = True

    def prepare(self, y: Array, score: Array) -> Weighted:
        """Do all that does not depend on weights.

        Parameters
        ----------
        y
            Shape (n,): 0 or 1, the index of the class, or the measured value.
        score
            Shape (n,) for binary tasks and regressions, (n, k) for multiclass ones.

        The result answers NaN where the metric is undefined: for scores that are not finite, for
        no rows, or for a ranking of rows of one class only.
        """
        y, score = np.asarray(y, dtype=np.float64), np.asarray(score, dtype=np.float64)
        if not len(y) or not np.isfinite(score).all():
            return _undefined
        return self._prepare(y, score)

    def __call__(self, y: Array, score: Array) -> float:
        """The metric with every row weighed once; arguments as for `prepare`."""
        return self.prepare(y, score)(np.ones(len(y)))

    def improvement(self, value: Value, reference: Value) -> Value:
        """The difference in the better direction: positive if `value` is better."""
        return value - reference if self.greater_is_better else reference - value

    def best(self, values: Sequence[float]) -> int:
        """Position of the first of the best of n ≥ 1 values; an undefined one is the worst."""
        sign = 1.0 if self.greater_is_better else -1.0
        return int(np.argmax([sign * one if np.isfinite(one) else -np.inf for one in values]))


def metric_names(task: str) -> tuple[str, ...]:
    """The metrics of a task, in the order in which reports show them."""
    return tuple(_METRICS[task])


def metric(task: str, name: str) -> Metric:
    """The metric `name` of `task`; KeyError if there is none."""
    return _METRICS[task][name]


def evaluate(
    task: str, y: Array, score: Array, names: Iterable[str] | None = None
) -> dict[str, float]:
    """The metrics `names` (all of the task's by default) by name; NaN where undefined."""
    wanted = metric_names(task) if names is None else names
    return {name: metric(task, name)(y, score) for name in wanted}


def _undefined(_: Array) -> float:
    return float("nan")


def _ratio(above: float, below: float) -> float:
    return above / below if below else float("nan")


def _total(weight: Array, values: Array) -> float:
    # BLAS would split this over threads that wait for each other on a busy machine, and the
    # last digits would depend on their number.
    return float(np.einsum("i,i->", weight, values))


def _mean_of(loss: Array) -> Weighted:
    return lambda weight: _ratio(_total(weight, loss), float(weight.sum()))


def _average_precision(y: Array, score: Array) -> Weighted:
    ranked = _Ranking(y, score)

    def value(weight: Array) -> float:
        positive, negative = ranked.caught(weight)
        flagged = np.maximum(positive + negative, np.finfo(float).tiny)
        gained = np.diff(positive, prepend=0.0)
        return _ratio(_total(gained, positive / flagged), float(positive[-1]))

    return value


def _roc_auc(y: Array, score: Array) -> Weighted:
    ranked = _Ranking(y, score)

    def value(weight: Array) -> float:
        positive, negative = ranked.caught(weight)
        steps = np.diff(negative, prepend=0.0)
        area = _total(steps, positive - np.diff(positive, prepend=0.0) / 2)
        return _ratio(area, float(positive[-1] * negative[-1]))

    return value


def _recall_at_top(y: Array, score: Array) -> Weighted:
    ranked = _Ranking(y, score)

    def value(weight: Array) -> float:
        positive, negative = ranked.caught(weight)
        flagged = positive + negative
        budget = _TOP_SHARE * flagged[-1]
        caught = np.interp(budget, np.r_[0.0, flagged], np.r_[0.0, positive])
        return _ratio(float(caught), float(positive[-1]))

    return value


class _Ranking:
    """Rows from the highest score down; rows with equal scores are passed together."""

    def __init__(self, y: Array, score: Array) -> None:
        self._order = np.argsort(-score, kind="stable")
        falling = score[self._order]
        ends = np.flatnonzero(np.r_[falling[1:] != falling[:-1], True])
        self._ends: Array | slice = slice(None) if len(ends) == len(score) else ends
        self._positive = y[self._order]

    def caught(self, weight: Array) -> tuple[Array, Array]:
        """The weight of positives and negatives down to each distinct score."""
        falling = weight[self._order]
        everything = np.cumsum(falling)[self._ends]
        positive = np.cumsum(falling * self._positive)[self._ends]
        return positive, everything - positive


def _brier(y: Array, score: Array) -> Weighted:
    return _mean_of((score - y) ** 2)


def _binary_log_loss(y: Array, score: Array) -> Weighted:
    return _mean_of(-np.log(_clipped(np.where(y == 1, score, 1 - score))))


def _multiclass_log_loss(y: Array, score: Array) -> Weighted:
    return _mean_of(-np.log(_clipped(score[np.arange(len(y)), y.astype(int)])))


def _clipped(probability: Array) -> Array:
    return np.clip(probability, np.finfo(np.float64).eps, 1.0)


def _accuracy(y: Array, score: Array) -> Weighted:
    return _mean_of((score.argmax(axis=1) == y).astype(np.float64))


def _balanced_accuracy(y: Array, score: Array) -> Weighted:
    truth, predicted = _one_hot(y, score)

    def value(weight: Array) -> float:
        return _mean_ratio(weight @ (truth * predicted), weight @ truth)

    return value


def _macro_f1(y: Array, score: Array) -> Weighted:
    truth, predicted = _one_hot(y, score)

    def value(weight: Array) -> float:
        return _mean_ratio(2 * (weight @ (truth * predicted)), weight @ (truth + predicted))

    return value


def _one_hot(y: Array, score: Array) -> tuple[Array, Array]:
    classes = np.arange(score.shape[1])
    predicted = score.argmax(axis=1)
    return (y[:, None] == classes).astype(float), (predicted[:, None] == classes).astype(float)


def _mean_ratio(above: Array, below: Array) -> float:
    seen = below > 0
    return float((above[seen] / below[seen]).mean()) if seen.any() else float("nan")


def _mae(y: Array, score: Array) -> Weighted:
    return _mean_of(np.abs(score - y))


def _rmse(y: Array, score: Array) -> Weighted:
    mean_square = _mean_of((score - y) ** 2)
    return lambda weight: float(np.sqrt(mean_square(weight)))


def _r2(y: Array, score: Array) -> Weighted:
    residual = (score - y) ** 2

    def value(weight: Array) -> float:
        centre = _total(weight, y) / float(weight.sum())
        return 1 - _ratio(_total(weight, residual), _total(weight, (y - centre) ** 2))

    return value


def _named(*metrics: Metric) -> dict[str, Metric]:
    return {one.name: one for one in metrics}


_METRICS: dict[str, dict[str, Metric]] = {
    "binary": _named(
        Metric(
            "average_precision",
            True,
            "Precision averaged over all recalls; the share of positives for a blind ranking.",
            _average_precision,
        ),
        Metric(
            "roc_auc",
            True,
            "Chance that a random positive scores above a random negative.",
            _roc_auc,
        ),
        Metric(
            "recall_at_top_1pct",
            True,
            "Share of the positives found among the 1 % of rows with the highest scores.",
            _recall_at_top,
        ),
        Metric(
            "brier",
            False,
            "Mean squared distance between probability and outcome.",
            _brier,
        ),
        Metric(
            "log_loss",
            False,
            "Mean surprise at the outcome, in nats.",
            _binary_log_loss,
        ),
    ),
    "multiclass": _named(
        Metric("accuracy", True, "Share of rows given their class.", _accuracy),
        Metric(
            "balanced_accuracy",
            True,
            "Share of rows given their class, averaged over the classes.",
            _balanced_accuracy,
        ),
        Metric(
            "macro_f1",
            True,
            "Harmonic mean of precision and recall, averaged over the classes.",
            _macro_f1,
        ),
        Metric("log_loss", False, "Mean surprise at the class, in nats.", _multiclass_log_loss),
    ),
    "regression": _named(
        Metric("mae", False, "Mean absolute error, in the target's unit.", _mae, classes=False),
        Metric(
            "rmse",
            False,
            "Root of the mean squared error, in the target's unit.",
            _rmse,
            classes=False,
        ),
        Metric("r2", True, "Share of the target's variance that is explained.", _r2, classes=False),
    ),
}

"""How a model does on groups of rows, worst first: a good average can hide a bad corner."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from platform_assets.ml.groups import Group, groups
from platform_assets.ml.intervals import Interval, draws, interval, telling_rows
from platform_assets.ml.looks import corrected
from platform_assets.ml.metrics import Metric
from platform_assets.spec import Slices

Array = npt.NDArray[Any]

_SAMPLES = 100


@dataclass(frozen=True)
class Slice:
    """One group of rows: `column` takes `value` there, or `value` says what holds if it was found.

    `gap` is by how much the metric is worse than on the whole holdout, `lead` by how much it is
    better than the dummy's on the same rows; the intervals of both hold for all groups at once.
    """

    column: str
    value: str
    rows: int
    figure: Interval
    gap: Interval
    lead: Interval
    found: bool = False

    @property
    def words(self) -> str:
        """Which rows, as a clause: `channel is web`."""
        return self.value if self.found else f"{self.column} is {self.value}"


def named_groups(frame: pd.DataFrame, spec: Slices) -> list[Group]:
    """The groups of `spec.columns` with at least `spec.minimum_rows` rows."""
    every = [one for name in spec.columns for one in groups(frame[name])]
    return [one for one in every if one.rows >= spec.minimum_rows]


def slices(
    metric: Metric, y: Array, score: Array, dummy: Array, judged: Sequence[Group]
) -> list[Slice]:
    """The metric on each group, the worst first.

    All arrays describe the same n rows; `dummy` are the scores of a model that knows nothing.
    Groups on which the metric is undefined (no positive, say) come last.
    """
    whole = metric(y, score)
    measured = [_slice(metric, y, score, dummy, one, whole, len(judged)) for one in judged]
    return sorted(measured, key=lambda one: _rank(metric, one.figure.value))


def worst(found: Sequence[Slice]) -> Slice | None:
    """The first group with a figure, if any."""
    return next((one for one in found if np.isfinite(one.figure.value)), None)


def _slice(
    metric: Metric, y: Array, score: Array, dummy: Array, one: Group, whole: float, looks: int
) -> Slice:
    held = one.held
    truth = y[held]
    judges = [metric.prepare(truth, score[held]), metric.prepare(truth, dummy[held])]
    drawn, blind = draws(judges, truth, metric.classes, samples=_SAMPLES)
    # A group of one class has no rarer one: all its rows tell.
    rows = telling_rows(truth, metric.classes) or one.rows
    value, reference = (judge(np.ones(one.rows)) for judge in judges)
    return Slice(
        column=one.column,
        value=one.value,
        rows=one.rows,
        figure=interval(value, drawn, rows),
        gap=corrected(
            metric.improvement(whole, value),
            metric.improvement(np.full(len(drawn), whole), drawn),
            looks,
            rows,
        ),
        lead=corrected(
            metric.improvement(value, reference), metric.improvement(drawn, blind), looks, rows
        ),
        found=one.found,
    )


def _rank(metric: Metric, value: float) -> tuple[bool, float]:
    if not np.isfinite(value):
        return True, 0.0
    return False, value if metric.greater_is_better else -value

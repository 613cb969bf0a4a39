"""How groups of people (or of anything else) are treated: rates in each, and how far apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from platform_assets.ml.groups import Group, groups
from platform_assets.ml.intervals import Interval, draws, interval
from platform_assets.ml.looks import corrected
from platform_assets.spec import Fairness

Array = npt.NDArray[Any]

SELECTION, TRUE_POSITIVE, FALSE_POSITIVE = (
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
)
BOUNDED: Mapping[str, tuple[str, ...]] = {
    "binary": (TRUE_POSITIVE, FALSE_POSITIVE),
    "multiclass": ("accuracy",),
    "regression": ("mean_error",),
}
"""The rates in which groups may differ by `fairness.max_difference`, for each task."""


@dataclass(frozen=True)
class Treated:
    """One group: the rates of its rows by name, each with the middle 95 % of resamples."""

    group: str
    rows: int
    rates: Mapping[str, Interval]


@dataclass(frozen=True)
class Difference:
    """In `rate`, group `high` is above group `low` by this, and `low` has this share of `high`.

    The pair is that which differs most; the interval holds for all pairs at once.
    """

    rate: str
    high: str
    low: str
    value: Interval
    ratio: float


@dataclass(frozen=True)
class Treatment:
    """All groups of one column with enough rows, and the largest difference in each rate."""

    column: str
    groups: Sequence[Treated]
    differences: Sequence[Difference]
    left_out: int


@dataclass(frozen=True)
class _Share:
    """The mean of `values`, which stand at these `places`, as a function of all rows' weights."""

    places: Array
    values: Array

    def __call__(self, weight: Array) -> float:
        total = float(weight[self.places].sum())
        held = float((weight[self.places] * self.values).sum())
        return held / total if total else float("nan")


@dataclass(frozen=True)
class _Rate:
    """A rate, what resamples of it gave, and on how many rows it rests."""

    value: float
    drawn: Array
    rows: int

    def interval(self) -> Interval:
        return interval(self.value, self.drawn, self.rows)


def treatments(
    task: str,
    y: Array,
    score: Array,
    frame: pd.DataFrame,
    spec: Fairness,
    *,
    threshold: float = 0.5,
    seed: int = 0,
) -> list[Treatment]:
    """One for each column of `spec.group`; arrays as in `Metric.prepare`.

    Binary decisions are positive from `threshold` upwards. The error of a regression is predicted
    minus observed. Groups below `spec.minimum_rows` are counted as left out.
    """
    return [_treatment(task, y, score, frame[name], spec, threshold, seed) for name in spec.group]


def _treatment(
    task: str,
    y: Array,
    score: Array,
    column: pd.Series,
    spec: Fairness,
    threshold: float,
    seed: int,
) -> Treatment:
    every = list(groups(column))
    judged = [one for one in every if one.rows >= spec.minimum_rows]
    found = {one.value: _rates(task, y, score, one, threshold) for one in judged}
    flat = [(group, name) for group, rates in found.items() for name in rates]
    judges = [found[group][name] for group, name in flat]
    drawn = draws(judges, y, classes=False, seed=seed)
    once = np.ones(len(y))
    rates = {
        place: _Rate(judge(once), one, len(judge.places))
        for place, judge, one in zip(flat, judges, drawn, strict=True)
    }
    names = list(dict.fromkeys(name for _, name in flat))
    treated = [
        Treated(one.value, one.rows, {name: rates[one.value, name].interval() for name in names})
        for one in judged
    ]
    pairs = list(combinations(found, 2))
    apart = [_largest(name, pairs, rates) for name in names if pairs]
    return Treatment(str(column.name), treated, apart, len(every) - len(judged))


def _rates(task: str, y: Array, score: Array, one: Group, threshold: float) -> dict[str, _Share]:
    held = one.held
    if task == "regression":
        return {
            "mean_error": _share(score - y, held),
            "mean_absolute_error": _share(np.abs(score - y), held),
        }
    if task == "multiclass":
        return {"accuracy": _share((score.argmax(axis=1) == y).astype(float), held)}
    chosen = (score >= threshold).astype(float)
    return {
        SELECTION: _share(chosen, held),
        TRUE_POSITIVE: _share(chosen, held & (y == 1)),
        FALSE_POSITIVE: _share(chosen, held & (y == 0)),
    }


def _share(values: Array, held: Array) -> _Share:
    places = np.flatnonzero(held)
    return _Share(places, values[places])


def _largest(
    name: str, pairs: Sequence[tuple[str, str]], rates: Mapping[tuple[str, str], _Rate]
) -> Difference:
    """The pair of groups that differs most in one rate; an undefined rate differs most of all."""
    apart = {pair: rates[pair[0], name].value - rates[pair[1], name].value for pair in pairs}
    one, other = max(pairs, key=lambda pair: np.nan_to_num(abs(apart[pair]), nan=np.inf))
    high, low = (one, other) if not apart[one, other] < 0 else (other, one)
    above, below = rates[high, name], rates[low, name]
    value = corrected(
        above.value - below.value,
        above.drawn - below.drawn,
        len(pairs),
        min(above.rows, below.rows),
    )
    ratio = below.value / above.value if above.value else float("nan")
    return Difference(name, high, low, value, ratio)

"""How groups of people (or of anything else) are treated: rates in each, and how far apart."""

from collections.abc import Callable, Mapping, Sequence
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
Rate = Callable[[Array], float]

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
    drawn = dict(zip(flat, draws(judges, y, classes=False, seed=seed), strict=True))
    once = np.ones(len(y))
    whole = {place: found[place[0]][place[1]](once) for place in flat}
    names = list(dict.fromkeys(name for _, name in flat))
    treated = [
        Treated(
            one.value,
            one.rows,
            {name: interval(whole[one.value, name], drawn[one.value, name]) for name in names},
        )
        for one in judged
    ]
    pairs = list(combinations(found, 2))
    apart = [_largest(name, pairs, whole, drawn) for name in names if pairs]
    return Treatment(str(column.name), treated, apart, len(every) - len(judged))


def _rates(task: str, y: Array, score: Array, one: Group, threshold: float) -> dict[str, Rate]:
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


def _share(values: Array, held: Array) -> Rate:
    """The mean of `values` over the rows held, as a function of all rows' weights."""
    places = np.flatnonzero(held)
    mine = values[places]

    def mean(weight: Array) -> float:
        total = float(weight[places].sum())
        return float((weight[places] * mine).sum()) / total if total else float("nan")

    return mean


def _largest(
    name: str,
    pairs: Sequence[tuple[str, str]],
    whole: Mapping[tuple[str, str], float],
    drawn: Mapping[tuple[str, str], Array],
) -> Difference:
    """The pair of groups that differs most in one rate; an undefined rate differs most of all."""
    apart = {pair: whole[pair[0], name] - whole[pair[1], name] for pair in pairs}
    one, other = max(pairs, key=lambda pair: np.nan_to_num(abs(apart[pair]), nan=np.inf))
    high, low = (one, other) if not apart[one, other] < 0 else (other, one)
    value = corrected(
        whole[high, name] - whole[low, name], drawn[high, name] - drawn[low, name], len(pairs)
    )
    above = whole[high, name]
    return Difference(name, high, low, value, whole[low, name] / above if above else float("nan"))

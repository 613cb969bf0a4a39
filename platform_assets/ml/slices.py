"""How a model does on groups of rows, worst first: a good average can hide a bad corner."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from platform_assets.ml.intervals import Interval, bootstrap
from platform_assets.ml.metrics import Metric
from platform_assets.spec import Slices

Array = npt.NDArray[Any]

_MOST_VALUES = 12
_QUANTILES = 4
_SAMPLES = 100


@dataclass(frozen=True)
class Slice:
    """One group of rows: `column` takes `value` there, which may be a range or `(missing)`."""

    column: str
    value: str
    rows: int
    figure: Interval


def slices(
    metric: Metric, y: Array, score: Array, frame: pd.DataFrame, spec: Slices
) -> list[Slice]:
    """The metric on each group of at least `spec.minimum_rows` rows, the worst first.

    `frame` holds the columns of `spec.columns` for the n rows of `y` and `score`. A numeric
    column of many values is cut into quarters. Groups on which the metric is undefined (no
    positive, say) come last.
    """
    found = [
        Slice(
            name, value, int(held.sum()), bootstrap(metric, y[held], score[held], samples=_SAMPLES)
        )
        for name in spec.columns
        for value, held in _groups(frame[name])
        if held.sum() >= spec.minimum_rows
    ]
    return sorted(found, key=lambda one: _rank(metric, one.figure.value))


def worst(found: Sequence[Slice]) -> Slice | None:
    """The first group with a figure, if any."""
    return next((one for one in found if np.isfinite(one.figure.value)), None)


def _rank(metric: Metric, value: float) -> tuple[bool, float]:
    if not np.isfinite(value):
        return True, 0.0
    return False, value if metric.greater_is_better else -value


def _groups(column: pd.Series) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    names = _names(column)
    for name in sorted(names.unique()):
        yield str(name), (names == name).to_numpy(dtype=bool)


def _names(column: pd.Series) -> pd.Series:
    there = column.notna()
    if pd.api.types.is_numeric_dtype(column) and column.nunique() > _MOST_VALUES:
        return _ranges(column.astype(np.float64)).where(there, "(missing)")
    return column.astype(object).map(_plain).where(there, "(missing)")


def _ranges(column: pd.Series) -> pd.Series:
    cuts = np.unique(column.quantile(np.linspace(0, 1, _QUANTILES + 1)).to_numpy())
    names = [f"{low:.4g} to {high:.4g}" for low, high in pairwise(cuts)]
    places = np.clip(np.searchsorted(cuts, column, side="left") - 1, 0, len(names) - 1)
    return pd.Series(np.array(names, dtype=object)[places], index=column.index)


def _plain(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)

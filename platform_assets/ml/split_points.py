"""Where the trees of a fitted pipeline split its raw columns."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from platform_assets.ml.tree_nodes import own_trees, parts

Array = npt.NDArray[Any]
Before = Callable[[pd.DataFrame], Any]
# What scaling makes of the middle may be off the middle by a few roundings.
_STRAIGHT = 1e-9


@dataclass(frozen=True)
class Split:
    """A raw column, the number at which a tree splits it, and the training rows next to it.

    `rows` are the positions of the nearest row at or below the number and of the nearest above;
    at the end of the range both are the same.
    """

    column: str
    at: float
    rows: tuple[int, int]


def split_points(
    pipeline: Pipeline, known: pd.DataFrame, columns: Sequence[str], most: int
) -> list[Split]:
    """At most `most` splits of each column, spread over all that were found.

    Splits are found behind whatever passes on or scales a single column; behind other steps (a
    logarithm, a sum of columns) they are not.

    Parameters
    ----------
    known
        n ≥ 1 rows as the pipeline was fitted on, indexed by position.
    columns
        The columns of numbers among them.
    """
    found: dict[str, set[float]] = {name: set() for name in columns}
    for before, trees in _grouped(pipeline).items():
        features, thresholds = (np.concatenate(part) for part in zip(*trees, strict=True))
        for name in columns:
            found[name] |= set(_traced(before, known, name, features, thresholds))
    return [
        Split(name, at, rows)
        for name, numbers in found.items()
        for at, rows in _beside(known[name].dropna(), _spread(sorted(numbers), most))
    ]


def _grouped(pipeline: Pipeline) -> dict[Before, list[tuple[Array, Array]]]:
    groups: dict[Before, list[tuple[Array, Array]]] = defaultdict(list)
    for before, features, thresholds in _trees(pipeline, _as_it_is):
        groups[before].append((features, thresholds))
    return groups


def _as_it_is(rows: pd.DataFrame) -> pd.DataFrame:
    return rows


def _trees(model: Any, before: Before) -> Iterator[tuple[Before, Array, Array]]:
    """Each tree: what rows pass through before it, feature and threshold of each of its splits."""
    if isinstance(model, Pipeline):
        first = model[:-1]
        after = (lambda rows: first.transform(before(rows))) if len(first) else before
        yield from _trees(model[-1], after)
    elif own := own_trees(model):
        for tree in own:
            yield before, tree.features, tree.thresholds
    else:
        for part in parts(model):
            yield from _trees(part, before)


def _traced(
    before: Before, known: pd.DataFrame, name: str, features: Array, thresholds: Array
) -> Iterator[float]:
    """The raw numbers that thresholds on this column stand for."""
    present = known[name].dropna()
    low, high = (float(present.min()), float(present.max())) if len(present) else (0.0, 0.0)
    if not low < high:
        return
    given = np.array([low, low + (high - low) / 2, high])
    made = before(known.iloc[[0, 0, 0]].assign(**{name: given}))
    reached = np.asarray(made.toarray() if hasattr(made, "toarray") else made)
    for feature in np.unique(features).tolist():
        yield from _undone(reached[:, feature], given, np.unique(thresholds[features == feature]))


def _undone(reached: Array, given: Array, thresholds: Array) -> list[float]:
    """Thresholds in units of the raw column; none unless three points lie on a straight line."""
    try:
        line = reached.astype(np.float64)
    except ValueError:
        return []
    rise = line[2] - line[0]
    if rise == 0 or not abs(line[0] + rise / 2 - line[1]) <= _STRAIGHT * abs(rise):
        return []
    raw = given[0] + (thresholds - line[0]) / rise * (given[2] - given[0])
    if np.array_equal(line, given):
        raw = thresholds
    # A tree that splits off gaps alone splits at infinity.
    return [float(one) for one in raw if np.isfinite(one)]


def _beside(
    present: pd.Series, numbers: Sequence[float]
) -> Iterator[tuple[float, tuple[int, int]]]:
    ranked = np.argsort(present.to_numpy(), kind="stable")
    positions, values = present.index.to_numpy()[ranked], present.to_numpy()[ranked]
    for at in numbers:
        place, last = int(np.searchsorted(values, at, side="right")), len(values) - 1
        nearest = (max(place - 1, 0), min(place, last))
        yield at, (int(positions[nearest[0]]), int(positions[nearest[1]]))


def _spread(values: Sequence[float], most: int) -> list[float]:
    places = np.linspace(0, len(values) - 1, min(most, len(values))).round().astype(int)
    return [values[place] for place in places]

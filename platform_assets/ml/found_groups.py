"""Groups of rows that nobody named: where a shallow tree finds the model at its worst.

A search finds something bad in any model. So the rows are halved: one half is searched, the groups
are measured on the other, which did not choose them.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.tree import DecisionTreeRegressor

from platform_assets.ml.groups import Group
from platform_assets.ml.metrics import Metric
from platform_assets.ml.sampling import some_rows
from platform_assets.ml.tree_words import Question, path_words, questions
from platform_assets.spec import Slices

Array = npt.NDArray[Any]

_DEPTH = 3
_SPARE = 1.2
_LEAST_GAIN = 0.005
_TINY = np.finfo(np.float64).eps


def found_groups(
    metric: Metric,
    y: Array,
    score: Array,
    frame: pd.DataFrame,
    spec: Slices,
    *,
    seed: int = 0,
) -> list[Group]:
    """At most `spec.found` groups on which the metric was worse than on all rows searched.

    `frame` holds the columns to look at, for the n rows of `y` and `score`. Each group holds rows
    of the half that was not searched alone, `spec.minimum_rows` of them at least.
    """
    asked = questions(frame)
    if not (spec.found and asked and len(y) >= 4 * spec.minimum_rows):
        return []
    searched = np.zeros(len(y), dtype=bool)
    searched[some_rows(y, len(y) // 2, classes=metric.classes, seed=seed)] = True
    answers = np.column_stack([one.answers for one in asked])
    least = round(_SPARE * spec.minimum_rows)
    lost = losses(y, score, classes=metric.classes)[searched]
    tree = DecisionTreeRegressor(
        max_depth=_DEPTH,
        min_samples_leaf=least,
        min_impurity_decrease=_LEAST_GAIN * float(lost.var()),
        random_state=seed,
    ).fit(answers[searched], lost)
    leaves = tree.apply(answers)
    worst = _worst(metric, y[searched], score[searched], leaves[searched])
    return list(_measurable(worst, leaves, ~searched, tree, asked, spec))


def losses(y: Array, score: Array, *, classes: bool) -> Array:
    """What the model loses on each row, shape (n,): surprise at the class, or absolute error."""
    if not classes:
        error: Array = np.abs(score - y)
        return error
    told = score if score.ndim == 2 else np.column_stack([1 - score, score])
    surprise: Array = -np.log(np.maximum(told[np.arange(len(y)), y.astype(int)], _TINY))
    return surprise


def _worst(metric: Metric, y: Array, score: Array, leaves: Array) -> list[int]:
    """Leaves on which the metric is worse than on all rows, the worst first."""
    whole = metric(y, score)
    lost = {
        int(leaf): metric.improvement(whole, metric(y[leaves == leaf], score[leaves == leaf]))
        for leaf in np.unique(leaves)
    }
    return sorted((leaf for leaf in lost if lost[leaf] > 0), key=lambda leaf: -lost[leaf])


def _measurable(
    worst: Sequence[int],
    leaves: Array,
    rest: Array,
    tree: DecisionTreeRegressor,
    asked: Sequence[Question],
    spec: Slices,
) -> Iterator[Group]:
    for leaf in worst[: spec.found]:
        one = Group("", path_words(tree.tree_, leaf, asked), rest & (leaves == leaf), found=True)
        if one.rows >= spec.minimum_rows:
            yield one

"""The splits of fitted trees, to be read and to be moved."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Tree:
    """The n splits of one tree: `features` and `thresholds` of shape (n,).

    A row goes left if its feature is at most the threshold, compared as a number of `kind`.
    `categorical` says whether other splits look at a set of categories.
    """

    features: Array
    thresholds: Array
    kind: type
    categorical: bool
    _every: Array
    _splits: Array

    def move(self, thresholds: Array) -> None:
        """Give the splits of the estimator itself other thresholds, shape (n,)."""
        self._every[self._splits] = thresholds


def own_trees(model: Any) -> list[Tree]:
    """The trees that `model` holds itself and not in another estimator; none if it holds none."""
    if hasattr(model, "tree_"):
        tree = model.tree_
        return [_tree(tree.feature, tree.threshold, tree.children_left >= 0, np.float32)]
    # scikit-learn shows the trees of HistGradientBoosting nowhere else.
    predictors = np.ravel(np.array(getattr(model, "_predictors", []), dtype=object))
    return [_boosted(one.nodes) for one in predictors]


def parts(model: Any) -> Iterator[Any]:
    """The fitted estimators inside one: of an ensemble, a calibration, a chosen threshold."""
    several = [
        getattr(model, name)
        for name in ("estimators_", "calibrated_classifiers_")
        if hasattr(model, name)
    ]
    for fitted in several:
        yield from np.ravel(np.array(fitted, dtype=object))
    inside = getattr(model, "estimator_", getattr(model, "estimator", None))
    if not several and inside is not None:
        yield inside


def _boosted(nodes: Array) -> Tree:
    inner, sets = nodes["is_leaf"] == 0, nodes["is_categorical"] == 1
    found = nodes["feature_idx"], nodes["num_threshold"], inner & ~sets
    return _tree(*found, np.float64, categorical=bool((inner & sets).any()))


def _tree(
    features: Array, every: Array, splits: Array, kind: type, *, categorical: bool = False
) -> Tree:
    return Tree(features[splits], every[splits], kind, categorical, every, splits)

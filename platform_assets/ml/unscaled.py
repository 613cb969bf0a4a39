"""The same trees over columns as they come: scaling moves from the rows into the splits.

A tree asks of a scaled column whether it is at most a threshold, and scaling keeps the order of
numbers. So there is a last number of the raw column that passes, to the last bit, and asking for
that one gives the same answer without a scaler. In ONNX the scaler would compute in 32 bits and
move values across the splits.

A split in the middle of 45.51 and 45.53 becomes, behind a scaler, a number of 17 digits next to
45.52. On which side 45.52 itself is, 32 bits cannot say of both. What rows hold are decimals, so
the shortest decimal of a 32-bit float decides for it.
"""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)  # fmt: skip
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    RobustScaler,
    StandardScaler,
)  # fmt: skip
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from platform_assets.ml.tree_nodes import Tree, own_trees, parts

Array = npt.NDArray[Any]
Scale = Callable[[Array], Array]
Said = Callable[[Array], Array]
Block = tuple[slice, Any]

_SCALERS = (MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler)
_TREES = (
    DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreesClassifier, ExtraTreesRegressor,
    HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier,
    RandomForestRegressor,
)  # fmt: skip
_BOOSTING = (GradientBoostingClassifier, GradientBoostingRegressor)
_LOWEST = np.iinfo(np.int64).min
_LARGEST = np.finfo(np.float64).max
_INFINITE = np.float32(np.inf)


def without_scaling(pipeline: Pipeline, said: Said) -> Pipeline:
    """A copy of a fitted pipeline that answers alike and does not scale what only trees see.

    Scalers go that stand last before trees: as a step, or at the end of a branch of a
    `ColumnTransformer`. The pipeline itself comes back if there is nothing to take out.

    `said` makes thresholds of the last raw numbers that pass: `as_floats` or `as_decimals`.
    """
    if not _only_trees(pipeline[-1]):
        return pipeline
    copied = deepcopy(pipeline)
    trees = list({id(one): one for one in _leaves(copied[-1])}.values())
    found = [tree for one in trees for tree in own_trees(one)]
    blocks = [] if any(tree.categorical for tree in found) else list(_taken_out(copied))
    if not blocks:
        return pipeline
    _move(found, lambda rows: _scaled(blocks, rows), copied[-1].n_features_in_, said)
    return copied


def as_floats(exact: Array) -> Array:
    """The last 32-bit floats whose shortest decimals are at most the 64-bit numbers given."""
    nearest = _nearest(exact)
    return np.where(_decimal(nearest) <= exact, nearest, np.nextafter(nearest, -_INFINITE))


def as_decimals(exact: Array) -> Array:
    """The shortest decimals of the 32-bit floats that the 64-bit numbers round to."""
    return _decimal(_nearest(exact))


def _nearest(exact: Array) -> Array:
    with np.errstate(over="ignore"):
        return exact.astype(np.float32)


def _decimal(floats: Array) -> Array:
    return floats.astype(str).astype(np.float64)


def _only_trees(model: Any) -> bool:
    """Whether trees are all by which the estimator looks at its rows."""
    if isinstance(model, CalibratedClassifierCV):
        return all(_only_trees(one.estimator) for one in model.calibrated_classifiers_)
    if isinstance(model, _BOOSTING):
        return isinstance(model.init_, (DummyClassifier, DummyRegressor, str))
    return isinstance(model, _TREES)


def _leaves(model: Any) -> Iterator[Any]:
    """Estimators that hold trees themselves; one that stands in several places comes as often."""
    if own_trees(model):
        yield model
    else:
        for part in parts(model):
            yield from _leaves(part)


def _taken_out(pipeline: Pipeline) -> Iterator[Block]:
    """Exchange the scalers for what changes nothing; each, with its columns, as rows meet them."""
    steps, before = pipeline.steps, len(pipeline) - 1
    while before and isinstance(steps[before - 1][1], _SCALERS):
        before -= 1
    if before and isinstance(steps[before - 1][1], ColumnTransformer):
        yield from _out_of_branches(steps[before - 1][1])
    yield from _out_of_steps(steps, before, len(steps) - 1, slice(None))


def _out_of_branches(columns: ColumnTransformer) -> Iterator[Block]:
    for place, (name, branch, names) in enumerate(columns.transformers_):
        where = columns.output_indices_[name]
        if isinstance(branch, _SCALERS):
            columns.transformers_[place] = (name, _nothing(branch), names)
            yield where, branch
        elif isinstance(branch, Pipeline):
            first = len(branch)
            while first and isinstance(branch[first - 1], _SCALERS):
                first -= 1
            yield from _out_of_steps(branch.steps, first, len(branch), where)


def _out_of_steps(
    steps: list[tuple[str, Any]], first: int, end: int, where: slice
) -> Iterator[Block]:
    for place in range(first, end):
        name, scaler = steps[place]
        steps[place] = name, _nothing(scaler)
        yield where, scaler


def _nothing(scaler: Any) -> FunctionTransformer:
    """What passes on the columns of a scaler, which is from now on asked without their names."""
    vars(scaler).pop("feature_names_in_", None)
    shown = np.zeros((1, scaler.n_features_in_))
    return FunctionTransformer(accept_sparse=True, check_inverse=False).fit(shown)


def _scaled(blocks: Sequence[Block], rows: Array) -> Array:
    scaled = rows.copy()
    for where, scaler in blocks:
        scaled[:, where] = scaler.transform(scaled[:, where])
    return scaled


def _move(trees: Sequence[Tree], scale: Scale, width: int, said: Said) -> None:
    """Give every tree the raw numbers that its thresholds stand for."""
    known = [
        np.unique(np.concatenate([tree.thresholds[tree.features == one] for tree in trees]))
        for one in range(width)
    ]
    limits = np.zeros((max(1, *map(len, known)), width))
    for one, thresholds in enumerate(known):
        limits[: len(thresholds), one] = thresholds
    # A tree that splits off gaps alone splits at infinity, which no scaler takes.
    finite = np.where(np.isinf(limits), 0.0, limits)
    last = _last_to_pass(lambda rows: scale(rows).astype(trees[0].kind) <= finite, limits.shape)
    last = np.where(np.isinf(limits), np.inf, said(last))
    for tree in trees:
        moved = tree.thresholds.copy()
        for one in np.unique(tree.features):
            mine = tree.features == one
            moved[mine] = last[np.searchsorted(known[one], moved[mine]), one]
        tree.move(moved)


def _last_to_pass(passes: Callable[[Array], Array], shape: tuple[int, ...]) -> Array:
    """The largest 64-bit floats that pass, where each smaller one does; -inf where none does."""
    low, high = (np.full(shape, _rank(np.float64(end))) for end in (-_LARGEST, _LARGEST))
    low -= 1
    with np.errstate(over="ignore"):
        while (low < high).any():
            middle = (low >> 1) + (high >> 1) + ((low | high) & 1)
            good = passes(_number(middle))
            low, high = np.where(good, middle, low), np.where(good, high, middle - 1)
    return _number(low)


def _rank(numbers: Any) -> Any:
    """The place of each 64-bit float among all, as a whole number."""
    bits = np.asarray(numbers, dtype=np.float64).view(np.int64)
    return np.where(bits < 0, _LOWEST - bits, bits)


def _number(ranks: Array) -> Array:
    bits: Array = np.where(ranks < 0, _LOWEST - ranks, ranks)
    return bits.view(np.float64)

"""Scaling before trees goes into their splits, and not one answer changes."""

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    VotingClassifier,
)  # fmt: skip
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    RobustScaler,
    StandardScaler,
)  # fmt: skip
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from platform_assets.ml.scoring import as_fitted
from platform_assets.ml.unscaled import as_decimals, as_floats, without_scaling
from tests.ml.examples import NUMBERS, example
from tests.ml.test_export import exported, fitted, one_hot

TREES = {
    "forest": lambda: RandomForestClassifier(10, random_state=0),
    "random splits": lambda: ExtraTreesClassifier(10, random_state=0),
    "boosting": lambda: GradientBoostingClassifier(n_estimators=10, random_state=0),
    "boosting on bins": lambda: HistGradientBoostingClassifier(max_iter=10, random_state=0),
}
SCALERS = (StandardScaler, MinMaxScaler, RobustScaler, MaxAbsScaler)


def exact(numbers):
    return numbers


def branches(*scalers):
    numbers = make_pipeline(SimpleImputer(strategy="median"), *scalers)
    return make_column_transformer(one_hot(), (numbers, list(NUMBERS)))


def kinds(pipeline):
    """The steps that are left, of branches too."""
    columns = pipeline[0]
    inner = [
        step for _, branch, _ in columns.transformers_ for step in getattr(branch, "steps", ())
    ]
    return {type(step).__name__ for _, step in [*pipeline.steps, *inner]}


def rows(*values):
    return pd.DataFrame({"x": [float(value) for value in values]})


def predicted(moved, frame):
    """Without a scaler, nothing turns a frame into an array."""
    return moved.predict(frame.to_numpy()).tolist()


@pytest.mark.parametrize("trees", TREES)
def test_scaled_trees_are_served_by_onnx_and_the_reason_says_how(trees):
    """skops served them, a hundred times slower, since the scaler moved rows across splits."""
    found = exported("binary", fitted("binary", branches(StandardScaler()), TREES[trees]()))
    assert (found.runtime, {one.over for one in found.parity}) == ("onnx", {0})
    assert found.reason.endswith("; scaling went into the splits of its trees")


def test_several_scalers_at_once_go_and_the_rest_stays():
    pipeline = fitted("binary", branches(RobustScaler()), MinMaxScaler((-1, 3)), TREES["forest"]())
    assert kinds(pipeline) >= {"RobustScaler", "MinMaxScaler", "SimpleImputer"}
    left = kinds(without_scaling(pipeline, as_floats))
    assert "SimpleImputer" in left
    assert not {"RobustScaler", "MinMaxScaler"} & left
    assert exported("binary", pipeline).runtime == "onnx"


def test_a_scaler_alone_in_its_branch_goes_too():
    pipeline = fitted(
        "binary",
        make_column_transformer(one_hot(), (StandardScaler(), list(NUMBERS))),
        TREES["boosting on bins"](),
    )
    assert exported("binary", pipeline).reason.endswith("splits of its trees")


def test_a_calibration_around_scaled_trees_changes_nothing():
    inner = CalibratedClassifierCV(DecisionTreeClassifier(max_depth=4), cv=2)
    found = exported("binary", fitted("binary", branches(StandardScaler()), inner))
    assert (found.runtime, "splits of its trees" in found.reason) == ("onnx", True)


@pytest.mark.parametrize("scaler", SCALERS)
def test_the_last_number_that_goes_left_is_found_to_the_last_bit(scaler):
    values = np.random.default_rng(0).normal(1000, 30, 40)
    last = HistGradientBoostingRegressor(max_iter=1, min_samples_leaf=1, max_leaf_nodes=2)
    pipeline = make_pipeline(scaler(), last).fit(rows(*values), values > 1000)
    moved = without_scaling(pipeline, exact)
    at = moved[-1]._predictors[0][0].nodes["num_threshold"][0]
    left, right = pipeline.predict(rows(at, np.nextafter(at, 2000)))
    assert left == pipeline.predict(rows(values.min())) != right


def test_a_decimal_between_two_others_stays_on_its_side():
    """45.52 is the middle of 45.51 and 45.53; on which side it is, is up to a rounding."""
    sides = set()
    for step in range(40):
        low, middle, high = (round(45 + (step + more) / 100, 2) for more in (0, 1, 2))
        seen = rows(1.0, low, high, 99.0)
        pipeline = make_pipeline(StandardScaler(), DecisionTreeRegressor())
        pipeline.fit(seen, seen["x"] >= high)
        answer = predicted(without_scaling(pipeline, as_floats), rows(np.float32(middle)))
        assert answer == pipeline.predict(rows(middle)).tolist()
        sides |= set(answer)
    assert sides == {0, 1}


def test_a_split_goes_to_the_last_32_bit_float_whose_decimal_passes():
    near = np.float32(45.52)
    below, above = np.nextafter(45.52, [0, 99])
    assert as_floats(np.array([45.52, above])).tolist() == [near, near]
    assert as_floats(np.array([below])) == np.nextafter(near, np.float32(0))
    assert as_decimals(np.array([below, above])).tolist() == [45.52, 45.52]
    assert as_floats(np.array([np.inf, -np.inf])).tolist() == [np.inf, -np.inf]


@pytest.mark.parametrize("scalers", [(StandardScaler(),), (MaxAbsScaler(), StandardScaler())])
def test_a_gap_that_is_split_off_stays_one(scalers):
    seen = rows(*[np.nan] * 30, *(np.arange(30) / 100))
    model = HistGradientBoostingRegressor(max_iter=1, min_samples_leaf=20)
    pipeline = make_pipeline(*scalers, model).fit(seen, seen["x"].isna())
    moved = without_scaling(pipeline, as_floats)
    asked = rows(np.nan, -1e9, 7, 1e9)
    assert moved is not pipeline
    assert predicted(moved, asked) == pipeline.predict(asked).tolist()


def test_a_tree_that_never_splits_stays_as_it_is():
    pipeline = make_pipeline(StandardScaler(), DecisionTreeRegressor()).fit(rows(1, 2, 3), [5] * 3)
    assert predicted(without_scaling(pipeline, as_floats), rows(9)) == [5]


@pytest.mark.parametrize(
    "last",
    [
        LogisticRegression(),
        VotingClassifier([("tree", DecisionTreeClassifier()), ("line", LogisticRegression())]),
        GradientBoostingClassifier(n_estimators=2, init=LogisticRegression()),
    ],
    ids=["linear", "vote with a linear model", "boosting upon a linear model"],
)
def test_what_looks_at_its_rows_otherwise_than_by_splits_keeps_its_scaler(last):
    pipeline = fitted("binary", branches(StandardScaler()), last)
    assert without_scaling(pipeline, as_floats) is pipeline


def test_categories_that_a_tree_knows_by_their_number_keep_their_scaler():
    features, target = example("binary")
    only = as_fitted(features)[["age"]].fillna(0)
    last = HistGradientBoostingClassifier(max_iter=5, categorical_features=[0])
    pipeline = make_pipeline(MaxAbsScaler(), last).fit(only.clip(upper=60), target)
    assert without_scaling(pipeline, as_floats) is pipeline

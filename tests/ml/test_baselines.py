import numpy as np
import pandas as pd
import pytest

from platform_assets.ml.baselines import baselines
from platform_assets.ml.metrics import evaluate
from platform_assets.ml.scoring import as_fitted, scores
from tests.ml.examples import example

TASKS = ["binary", "multiclass", "regression"]


@pytest.mark.parametrize("task", TASKS)
def test_the_linear_baseline_beats_the_one_that_looks_at_nothing(task):
    features, target = example(task)
    fitted = baselines(task, features, target)
    name = {"binary": "roc_auc", "multiclass": "accuracy", "regression": "r2"}[task]
    dummy, linear = (
        evaluate(task, target, scores(fitted[one], task, features), [name])[name]
        for one in ("dummy", "linear")
    )
    assert linear > dummy + 0.2


def test_the_dummy_tells_the_share_of_positives():
    features, target = example("binary")
    dummy = baselines("binary", features, target)["dummy"]
    assert scores(dummy, "binary", features) == pytest.approx(target.mean())


@pytest.mark.parametrize("columns", [["amount", "age"], ["country"]])
def test_baselines_take_features_of_one_kind_only(columns):
    features, target = example("regression")
    assert set(baselines("regression", features[columns], target)) == {"dummy", "linear"}


def test_baselines_take_a_column_without_any_value_and_unseen_words():
    features, target = example("binary")
    fitted = baselines("binary", features.assign(age=np.nan, country=None), target)
    unseen = features.assign(country="xx")
    assert np.isfinite(scores(fitted["linear"], "binary", unseen)).all()


def test_scores_have_one_column_for_each_of_several_classes():
    features, target = example("multiclass")
    fitted = baselines("multiclass", features, target)["linear"]
    found = scores(fitted, "multiclass", features)
    assert found.shape == (400, 3)
    assert found.sum(axis=1) == pytest.approx(1)


def test_none_and_nan_are_the_same_gap_to_a_pipeline():
    words = pd.DataFrame({"country": ["de", None, np.nan]}, dtype=object)
    fitted = as_fitted(words)["country"]
    assert fitted[0] == "de"
    assert [type(value) for value in fitted[1:]] == [float, float]


def test_booleans_and_integers_become_floats():
    frame = pd.DataFrame({"night": [True, False], "hour": [1, 2]})
    assert set(as_fitted(frame).dtypes) == {np.dtype(np.float64)}


def test_fitting_leaves_the_given_frame_as_it_was():
    features, target = example("binary")
    features["country"] = features["country"].where(features.index % 5 > 0, None)
    before = features.copy(deep=True)
    baselines("binary", features, target)
    pd.testing.assert_frame_equal(features, before)

import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    StandardScaler,
)  # fmt: skip

from platform_assets.errors import ExportError
from platform_assets.ml.export import columns, export, scorer
from platform_assets.ml.golden import golden_rows
from platform_assets.ml.scoring import as_fitted, scores
from serving.bundle import BundleContents, GoldenRows, open_bundle, write_bundle
from serving.scorer import load_scorer, verify_golden
from serving.trust import refused
from tests.ml.examples import NUMBERS, example, signature

TOLERANCE = 1e-4


def one_hot():
    return (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["country"])


def trees(task, last):
    return fitted(task, make_column_transformer(one_hot(), remainder="passthrough"), last)


def linear(task, last):
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    return fitted(task, make_column_transformer(one_hot(), (numbers, list(NUMBERS))), last)


def imputed(last):
    numbers = (SimpleImputer(strategy="median"), list(NUMBERS))
    return fitted("binary", make_column_transformer(one_hot(), numbers), last)


def scaled_trees():
    """Scaling in 32-bit floats moves values across the splits of trees, without a word.

    The step behind it keeps the scaler from going into the splits, and changes nothing itself.
    """
    numbers = make_pipeline(SimpleImputer(), StandardScaler(), PolynomialFeatures(1))
    columns = make_column_transformer(one_hot(), (numbers, list(NUMBERS)))
    return fitted("binary", columns, RandomForestClassifier(20, random_state=0))


def native_categories():
    """Trees on scikit-learn's own categories, whose conversion is wrong without a word."""
    encoded = make_column_transformer((OrdinalEncoder(), ["country"]), remainder="passthrough")
    last = HistGradientBoostingClassifier(categorical_features=[0], max_iter=30, random_state=0)
    features, target = example("binary")
    jumbled = target ^ (features["country"] == "fr")
    return make_pipeline(encoded, last).fit(as_fitted(features), jumbled)


def fitted(task, *steps):
    features, target = example(task)
    return make_pipeline(*steps).fit(as_fitted(features), target)


def exported(task, pipeline, tolerance=TOLERANCE):
    holdout, seen = (example(task, seed=seed)[0] for seed in (1, 0))
    return export(pipeline, signature(task), holdout, seen, tolerance)


CONVERTIBLE = {
    "binary boosting": lambda: trees("binary", HistGradientBoostingClassifier(random_state=0)),
    "binary forest": lambda: imputed(RandomForestClassifier(20, random_state=0)),
    "binary linear": lambda: linear("binary", LogisticRegression()),
    "multiclass boosting": lambda: trees("multiclass", HistGradientBoostingClassifier(max_iter=20)),
    "multiclass linear": lambda: linear("multiclass", LogisticRegression()),
    "regression boosting": lambda: trees("regression", HistGradientBoostingRegressor(max_iter=50)),
    "regression linear": lambda: linear("regression", Ridge()),
}


@pytest.mark.parametrize("case", CONVERTIBLE)
def test_what_onnx_can_say_is_served_by_onnx_and_says_the_same(case):
    task = case.split()[0]
    pipeline = CONVERTIBLE[case]()
    found = exported(task, pipeline)
    features, _ = example(task, seed=2)
    answers = scorer(found).score(columns(features, signature(task)))
    assert found.runtime == "onnx"
    assert "agrees with scikit-learn" in found.reason
    assert answers == pytest.approx(scores(pipeline, task, features), abs=TOLERANCE)


@pytest.mark.parametrize("case", ["binary boosting", "regression linear"])
def test_equal_pipelines_give_equal_onnx_bytes(case):
    task = case.split()[0]
    assert exported(task, CONVERTIBLE[case]()).model == exported(task, CONVERTIBLE[case]()).model


def test_a_silently_wrong_conversion_is_found_and_skops_serves():
    pipeline = scaled_trees()
    found = exported("binary", pipeline)
    features, _ = example("binary", seed=2)
    answers = scorer(found).score(columns(features, signature("binary")))
    assert (found.runtime, found.max_error) == ("skops", 0.0)
    assert "ONNX differs from scikit-learn by up to 0." in found.reason
    assert answers.tolist() == scores(pipeline, "binary", features).tolist()


def test_a_forest_that_branches_on_gaps_is_wrong_in_onnx_and_served_by_skops():
    found = exported("binary", trees("binary", RandomForestClassifier(20, random_state=0)))
    assert found.runtime == "skops"
    assert "ONNX differs" in found.reason


def test_trees_on_native_categories_are_served_by_skops_and_never_by_onnx():
    """scikit-learn keeps a `functools.partial` there, which was refused once."""
    found = exported("binary", native_categories())
    assert (found.runtime, found.max_error) == ("skops", 0.0)
    assert "ONNX differs from scikit-learn by up to 0." in found.reason
    assert "functools.partial" in found.trusted


def test_the_reason_for_skops_tells_on_how_many_rows_onnx_was_wrong():
    pipeline = linear("regression", Ridge())
    found = exported("regression", pipeline, tolerance=0)
    assert found.runtime == "skops"
    assert "of 400 rows, more than 0" in found.reason


def test_a_step_that_onnx_does_not_know_is_served_by_skops():
    logs = make_column_transformer(one_hot(), (FunctionTransformer(np.log1p), ["amount"]))
    found = exported("binary", fitted("binary", logs, LogisticRegression()))
    assert found.runtime == "skops"
    assert "no ONNX form (FunctionTransformer" in found.reason


def test_equal_pipelines_give_equal_skops_bytes():
    first, second = (exported("binary", scaled_trees()) for _ in range(2))
    assert first.model == second.model
    assert first.trusted == second.trusted
    assert refused(first.trusted, "toy") == []


def test_code_of_ones_own_cannot_be_served_by_either_runtime():
    own = make_column_transformer((FunctionTransformer(twice), ["amount"]))
    pipeline = fitted("regression", own, Ridge())
    with pytest.raises(
        ExportError, match=r"no ONNX form.*would hold tests\.ml\.test_export\.twice; "
    ):
        exported("regression", pipeline)


def test_code_that_the_specification_trusts_is_served_by_skops():
    own = make_column_transformer((FunctionTransformer(twice), ["amount"]))
    named = "tests.ml.test_export.twice"
    seen = example("regression")[0]
    found = export(
        fitted("regression", own, Ridge()), signature("regression"), seen, seen, 1e-4, [named]
    )
    assert (found.runtime, named in found.trusted) == ("skops", True)


@pytest.mark.parametrize("case", ["binary boosting", "multiclass linear", "regression boosting"])
def test_a_bundle_of_an_export_answers_its_golden_rows(case, tmp_path):
    task = case.split()[0]
    found = exported(task, CONVERTIBLE[case]())
    golden = golden_rows(found, example(task, seed=1)[0])
    written = write_bundle(tmp_path, contents(found, golden))
    opened = open_bundle(written.folder, written.digest)
    verify_golden(opened, load_scorer(opened))


def test_a_skops_bundle_answers_its_golden_rows(tmp_path):
    found = exported("binary", scaled_trees())
    golden = golden_rows(found, example("binary", seed=1)[0])
    written = write_bundle(tmp_path, contents(found, golden))
    verify_golden(written, load_scorer(written))


def test_columns_hand_text_over_with_none_and_numbers_with_nan():
    features, _ = example("binary", rows=3)
    features.loc[1, "country"] = np.nan
    found = columns(features, signature("binary"))
    assert found["country"][1] is None
    assert np.isnan(found["age"][0])
    assert features["country"].isna().sum() == 1


def contents(found, golden):
    return BundleContents(
        runtime=found.runtime,
        model=found.model,
        signature=found.signature,
        golden=GoldenRows(golden.rows, golden.scores, golden.tolerance),
        reference={},
        environment={},
        trusted=found.trusted,
    )


def twice(values):
    return 2 * values

import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from platform_assets.errors import TrainingError
from platform_assets.ml.calibrating import calibrated
from platform_assets.ml.export import export
from platform_assets.ml.scoring import as_fitted, scores
from platform_assets.ml.training import train
from tests.ml.examples import example, signature, spec

LEARNED, JUDGED = slice(0, 300), slice(300, 600)


def trees(**given):
    columns = make_column_transformer((OneHotEncoder(), ["country"]), remainder="passthrough")
    last = HistGradientBoostingClassifier(max_iter=20, random_state=0, **given)
    return make_pipeline(columns, last)


@pytest.fixture(scope="module")
def rows():
    features, target = example("binary", rows=600)
    return as_fitted(features), target


def of(rows, method):
    features, target = rows
    model = trees(class_weight={0: 1, 1: 8}).fit(features[LEARNED], target[LEARNED])
    return model, calibrated(model, method, features[JUDGED], target[JUDGED])


def brier(model, rows):
    features, target = rows
    return ((scores(model, "binary", features[JUDGED]) - target[JUDGED]) ** 2).mean()


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_probabilities_that_weights_have_bent_are_straightened(rows, method):
    before, after = of(rows, method)
    assert brier(after, rows) < brier(before, rows)
    mean = scores(after, "binary", rows[0][JUDGED]).mean()
    assert abs(mean - rows[1][JUDGED].mean()) < 0.02


def test_the_order_of_rows_stays_as_the_model_ranks_them(rows):
    before, after = (scores(one, "binary", rows[0]) for one in of(rows, "sigmoid"))
    order = np.argsort(before)
    assert (np.diff(after[order]) >= -1e-12).all()


@pytest.mark.parametrize(("method", "runtime"), [("sigmoid", "onnx"), ("isotonic", "skops")])
def test_a_calibrated_model_is_exported_as_it_answers(rows, method, runtime):
    features, _ = rows
    model = of(rows, method)[1]
    found = export(model, signature("binary"), features[JUDGED], features[LEARNED], 1e-4)
    assert found.runtime == runtime


def test_validation_rows_without_a_class_cannot_calibrate(rows):
    features, target = rows
    model = trees().fit(features, target)
    with pytest.raises(TrainingError, match="1 of 2 classes have none among 300"):
        calibrated(model, "sigmoid", features[JUDGED], np.zeros(300, dtype=int))


def trained(**training):
    features, target = example("binary")
    judged = np.arange(400) >= 300
    asked = spec(training=training)
    return train(trees, features, target, judged, asked, classes=("no", "yes"))


def test_with_calibration_the_validation_rows_stay_out_of_the_last_fit():
    found, plain = trained(calibration="sigmoid"), trained()
    assert (found.learned, plain.learned) == (300, 400)
    inner = found.model[-1].estimator
    assert found.estimator == type(inner).__name__ == plain.estimator
    features, _ = example("binary")
    same = trees().fit(as_fitted(features)[:300], example("binary")[1][:300])
    np.testing.assert_array_equal(
        scores(make_pipeline(found.model[:-1], inner), "binary", features),
        scores(same, "binary", features),
    )


def test_weights_reach_the_fit():
    plain, heavy = (trained(class_weight=one) for one in ("none", {"yes": 30.0}))
    features, _ = example("binary")
    raised = scores(heavy.model, "binary", features) - scores(plain.model, "binary", features)
    assert raised.mean() > 0.05


def test_the_rule_decides_the_threshold_and_what_it_does_is_told():
    found = trained(threshold={"rule": "recall_at_precision", "precision": 0.8})
    assert found.decision["precision"] >= 0.8
    assert trained(threshold={"rule": "fixed", "value": 0.1}).threshold == 0.1

import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import make_column_transformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from platform_assets.errors import TrainingError
from platform_assets.ml.metrics import metric
from platform_assets.ml.scoring import scores
from platform_assets.ml.search import Workers
from platform_assets.ml.training import train
from tests.ml.examples import example, spec

DEPTHS = {"decisiontreeclassifier__max_depth": [1, 2, 3, 5, 8]}


def tree():
    columns = make_column_transformer((OneHotEncoder(), ["country"]), remainder="passthrough")
    return make_pipeline(columns, DecisionTreeClassifier(max_depth=1, random_state=0))


def last_fifth(rows):
    return np.arange(rows) >= rows * 4 // 5


def trained(build=tree, task="binary", **kept):
    features, target = example(task)
    asked = kept.pop("spec", spec(task))
    return train(build, features, target, last_fifth(len(target)), asked, **kept)


def test_without_a_search_the_estimators_own_defaults_are_fitted():
    training = trained()
    assert [dict(trial.parameters) for trial in training.trials] == [{}]
    assert training.model[-1].get_depth() == 1


def test_the_best_trial_is_fitted_again_on_every_row():
    training = trained(spec=spec(search={"trials": 5, "space": DEPTHS}))
    best = max(training.trials, key=lambda trial: trial.score)
    assert training.best == best
    assert training.model[-1].get_params()["max_depth"] == best.parameters.popitem()[1]
    assert training.model[-1].tree_.n_node_samples[0] == 400


def test_a_smaller_error_is_the_better_trial():
    space = {"ridge__alpha": [1e6, 0.1]}
    asked = spec("regression", search={"trials": 3, "space": space})
    training = trained(ridge, "regression", spec=asked)
    assert training.best.score == min(trial.score for trial in training.trials)
    assert training.validation["mae"] == training.best.score


def test_the_search_is_judged_on_validation_rows_alone():
    features, target = example("binary")
    judged = last_fifth(400)
    training = trained()
    fitted = tree().fit(features[~judged], target[~judged])
    expected = metric("binary", "roc_auc")(
        target[judged], scores(fitted, "binary", features[judged])
    )
    assert training.best.score == expected


def test_a_search_never_fits_more_often_than_allowed_nor_anything_twice():
    training = trained(spec=spec(search={"trials": 50, "space": DEPTHS}))
    tried = [dict(trial.parameters) for trial in training.trials]
    assert len(tried) == 5
    assert {"decisiontreeclassifier__max_depth": 1} not in tried
    assert len(trained(spec=spec(search={"trials": 2, "space": DEPTHS})).trials) == 2


def test_the_seed_decides_what_is_tried():
    def tried(seed):
        asked = spec(search={"trials": 3, "space": DEPTHS}, split={"kind": "random", "seed": seed})
        return [trial.parameters for trial in trained(spec=asked).trials]

    assert tried(0) == tried(0)
    assert len({str(tried(seed)) for seed in range(5)}) > 1


def test_no_trial_starts_after_the_time_is_up_but_one_is_always_made():
    ticks = iter(range(0, 10_000, 10))
    said = []
    asked = spec(search={"trials": 5, "seconds": 25, "space": DEPTHS})
    training = trained(spec=asked, clock=lambda: next(ticks), report=said.append)
    assert 1 <= len(training.trials) < 5
    assert "search stopped" in said[-1]
    assert f"{len(training.trials)} of 5 trials" in said[-1]


TWO = Workers(2, "threading")


def test_trials_side_by_side_are_the_same_in_the_same_order():
    asked = spec(search={"trials": 5, "space": DEPTHS})
    found = [
        [(one.parameters, one.score) for one in trained(spec=asked, **more).trials]
        for more in ({}, {"workers": TWO})
    ]
    assert found[0] == found[1]


def test_side_by_side_no_trial_starts_after_the_time_is_up():
    ticks = iter(range(0, 10_000, 10))
    asked = spec(search={"trials": 5, "seconds": 15, "space": DEPTHS})
    training = trained(spec=asked, clock=lambda: next(ticks), workers=TWO)
    assert 1 <= len(training.trials) < 5


def test_every_trial_is_told_as_it_ends():
    said = []
    trained(spec=spec(search={"trials": 2, "space": DEPTHS}), report=said.append)
    assert said[0].startswith("trial 1 of 2: roc_auc 0.")
    assert "max_depth=" in said[1]
    assert "; best so far 0." in said[1]


def test_the_threshold_balances_precision_and_recall_on_validation_rows():
    training = trained(spec=spec(search={"trials": 5, "space": DEPTHS}))
    assert 0 < training.threshold < 1
    assert trained(ridge, "regression", spec=spec("regression")).threshold == 0.5


def test_a_trial_that_fails_is_told_with_its_reason_and_left_behind():
    said = []
    asked = spec(search={"trials": 3, "space": {"decisiontreeclassifier__max_depth": [-3, 4]}})
    training = trained(spec=asked, report=said.append)
    (failed,) = training.failed
    assert failed.parameters == {"decisiontreeclassifier__max_depth": -3}
    assert "max_depth=-3: InvalidParameterError" in failed.reason
    assert len(training.trials) == 2
    assert sum("of 3 failed: the estimator failed" in line for line in said) == 1


def test_the_estimators_own_defaults_may_fail_like_any_other_trial():
    def shallow():
        return tree().set_params(decisiontreeclassifier__max_depth=-3)

    asked = spec(search={"trials": 3, "space": DEPTHS})
    assert len(trained(shallow, spec=asked).trials) == 2


def test_when_every_trial_fails_each_reason_is_said():
    asked = spec(search={"trials": 2, "space": {"decisiontreeclassifier__max_depth": [-4]}})

    def deeper():
        return tree().set_params(decisiontreeclassifier__max_depth=-3)

    with pytest.raises(TrainingError, match=r"(?s)defaults: Invalid.*max_depth=-4: Invalid"):
        trained(deeper, spec=asked)


def test_an_estimator_that_does_not_converge_is_refused():
    def hasty():
        columns = make_column_transformer(
            (OneHotEncoder(), ["country"]), ("passthrough", ["amount"])
        )
        return make_pipeline(columns, LogisticRegression(max_iter=1))

    with pytest.raises(TrainingError, match="did not converge on 320 rows with the estimator's"):
        trained(hasty)


def test_a_fit_on_all_rows_that_does_not_converge_is_refused():
    with pytest.raises(TrainingError, match="did not converge on 400 rows"):
        trained(lambda: make_pipeline(Slow()), "regression", spec=spec("regression"))


def test_the_best_at_an_end_of_what_was_tried_is_told():
    asked = spec(search={"trials": 3, "space": {"decisiontreeclassifier__max_depth": [1, 2]}})
    training = trained(spec=asked)
    (sentence,) = training.on_edge
    assert sentence == (
        "decisiontreeclassifier__max_depth=2 is at the high end of what was tried (1 to 2)"
    )
    assert trained().on_edge == ()


def test_an_estimator_that_answers_nan_is_refused_with_the_number_of_rows():
    with pytest.raises(TrainingError, match=r"80 of 80 scores are no finite numbers"):
        trained(lambda: make_pipeline(Nowhere()), "regression", spec=spec("regression"))


def test_an_estimator_that_cannot_take_a_gap_is_refused_with_what_it_said():
    scaled = make_column_transformer((StandardScaler(), ["age"]))
    with pytest.raises(TrainingError, match="Input X contains NaN"):
        trained(lambda: make_pipeline(scaled, LogisticRegression()))


def test_a_classifier_without_probabilities_is_refused():
    amount = make_column_transformer(("passthrough", ["amount"]))
    with pytest.raises(TrainingError, match="cannot score 80 rows with the estimator's defaults"):
        trained(lambda: make_pipeline(amount, LinearSVC()))


def test_rows_of_one_class_cannot_be_learned():
    features, target = example("binary")
    with pytest.raises(TrainingError, match="failed on 320 rows"):
        train(logistic, features, np.zeros_like(target), last_fifth(400), spec())


@pytest.mark.parametrize("judged", [np.zeros(400, bool), np.ones(400, bool)])
def test_a_search_without_rows_on_both_sides_is_refused(judged):
    features, target = example("binary")
    with pytest.raises(TrainingError, match="the search needs rows to fit on"):
        train(tree, features, target, judged, spec())


def ridge():
    columns = make_column_transformer(
        (OneHotEncoder(), ["country"]), (StandardScaler(), ["amount"])
    )
    return make_pipeline(columns, Ridge())


def logistic():
    return make_pipeline(
        make_column_transformer((OneHotEncoder(), ["country"])), LogisticRegression()
    )


class Slow(RegressorMixin, BaseEstimator):
    """Converges on few rows alone."""

    def fit(self, features, target):
        self.mean_ = target.mean()
        if len(target) > 350:
            warnings.warn("lbfgs failed to converge", ConvergenceWarning, stacklevel=2)
        return self

    def predict(self, features):
        return np.full(len(features), self.mean_)


class Nowhere(RegressorMixin, BaseEstimator):
    """Predicts no number."""

    def fit(self, features, target):
        self.n_features_in_ = features.shape[1]
        return self

    def predict(self, features):
        return np.full(len(features), np.nan)

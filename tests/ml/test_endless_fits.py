"""A fit that never ends is cut off with its reason, wherever it takes place."""

import pytest
from pydantic import ValidationError
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from platform_assets.errors import TrainingError
from platform_assets.ml.search import ALONE, Workers
from platform_assets.ml.training import train
from platform_assets.spec import ModelSpec
from tests.ml.examples import example, spec
from tests.ml.test_training import last_fifth


class Wanderer(ClassifierMixin, BaseEstimator):
    """Goes on for ever, but with `ends`; then it answers as a logistic regression does."""

    def __init__(self, ends=False):
        self.ends = ends

    def fit(self, rows, target):
        while not self.ends:
            pass
        self.model_ = LogisticRegression().fit(rows[["amount"]].fillna(0), target)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, rows):
        return self.model_.predict_proba(rows[["amount"]].fillna(0))


def searched(trials, seconds, workers=ALONE):
    features, target = example("binary")
    space = {"wanderer__ends": [True]}
    asked = spec(search={"trials": trials, "space": space}, training={"fit_seconds": seconds})
    build = lambda: make_pipeline(Wanderer())  # noqa: E731  one word for what is built
    return train(build, features, target, last_fifth(len(target)), asked, workers=workers)


@pytest.mark.parametrize(
    ("workers", "seconds"),
    [(ALONE, 1), pytest.param(Workers(2), 3, marks=pytest.mark.slow)],
    ids=["here", "in other processes"],
)
def test_a_trial_that_never_ends_is_told_and_the_search_goes_on(workers, seconds):
    training = searched(2, seconds, workers)
    assert training.best.parameters == {"wanderer__ends": True}
    (failed,) = training.failed
    assert f"the estimator's defaults was cut off after {seconds} s" in failed.reason


def test_a_training_of_endless_fits_alone_fails_with_the_key_to_set():
    with pytest.raises(TrainingError, match=r"cut off after 0\.2 s \(training\.fit_seconds"):
        searched(1, 0.2)


def test_a_run_that_leaves_no_time_for_a_fit_is_refused():
    asked = spec().model_dump(mode="json")
    with pytest.raises(ValidationError, match="run_seconds: 60 leaves no time for a fit"):
        ModelSpec.model_validate(asked | {"training": {"fit_seconds": 90, "run_seconds": 60}})

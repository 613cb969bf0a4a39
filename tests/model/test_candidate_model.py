"""Training as an asset: what fails says why and leaves nothing behind."""

import logging
import warnings
from dataclasses import replace

import dagster as dg
import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline

from platform_assets.lineage import latest
from platform_assets.model.fitted import KIND
from tests.support.fake_serve import FakeServe
from tests.support.tiny import Platform, orders, tiny

pytestmark = pytest.mark.slow

ABOVE = ("raw", "cleaned", "quarantine", "training_set")


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    """A platform whose training set stands."""
    with FakeServe() as serve, dg.DagsterInstance.ephemeral() as instance:
        made = Platform.create(tmp_path_factory.mktemp("platform"), serve, instance)
        made.deliver("day-1.csv", orders(400, seed=1))
        assert made.run(tiny(), *ABOVE).success
        yield made


class Broken(ClassifierMixin, BaseEstimator):
    """Fails in one of four ways."""

    def __init__(self, way="raises"):
        self.way = way

    def fit(self, features, target):
        self.classes_ = np.unique(target)
        if self.way == "raises":
            raise ValueError("the matrix is singular")
        while self.way == "loops":
            pass
        if self.way == "wanders":
            warnings.warn("stopped after 5 rounds", ConvergenceWarning, stacklevel=2)
        return self

    def predict_proba(self, features):
        return np.full((len(features), 2), np.nan)


def broken(way):
    def build():
        return make_pipeline(Broken(way))

    limits = {"fit_seconds": 1}
    return replace(tiny(search={"trials": 1}, training=limits), build=build)


def trained(platform, folder):
    return platform.run(folder, "candidate_model", "registry_entry")


def left(platform):
    """The model versions and the candidates there are."""
    candidates = platform.artifacts.folder(KIND, "tiny", "any").parent
    versions = [one.version for one in platform.registry.versions("tiny")]
    return versions, sorted(path.name for path in candidates.glob("*"))


def reason(result):
    (failed,) = [event for event in result.all_events if event.is_step_failure]
    error = failed.step_failure_data.error
    while error.cause:
        error = error.cause
    return error.message


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("raises", "ValueError: the matrix is singular"),
        ("loops", "was cut off after 1 s (training.fit_seconds"),
        ("wanders", "did not converge on"),
        ("nan", "scores are no finite numbers"),
    ],
)
def test_an_estimator_that_fails_says_why_and_leaves_nothing(platform, way, said):
    before = left(platform)
    result = trained(platform, broken(way))
    assert "TrainingError" in reason(result)
    assert said in reason(result)
    assert left(platform) == before


def test_a_removed_seed_is_caught_by_name_and_nothing_is_registered(platform):
    columns = make_column_transformer(("passthrough", ["amount"]))

    def build():
        return make_pipeline(columns, RandomForestClassifier(n_estimators=3))

    before, _ = left(platform)
    result = trained(platform, replace(tiny(search={"trials": 1}), build=build))
    (check,) = result.get_asset_check_evaluations()
    assert check.check_name == "seeds_fixed"
    assert not check.passed
    assert "randomforestclassifier__random_state" in check.description
    candidate = latest(platform.instance, tiny().key("candidate_model"))
    assert check.metadata["candidate_key"].value == candidate["candidate_key"]
    assert left(platform)[0] == before


def test_a_training_says_what_failed_and_what_lies_on_the_edge(platform):
    space = {"logisticregression__C": [-1.0, 1e-6, 1e-5]}
    folder = tiny(search={"trials": 4, "space": space})
    result = trained(platform, folder)
    assert result.success
    told = latest(platform.instance, folder.key("candidate_model"))
    assert "InvalidParameterError" in next(iter(told["failed_trials"].values()))
    assert "logisticregression__C=1.0 is at the high end" in told["on_edge"][0]
    log = [(one.level, one.user_message) for one in platform.instance.all_logs(result.run_id)]
    assert [said[:12] for level, said in log if said.startswith("trial ")] == [
        f"trial {number} of 4"[:12] for number in range(1, 5)
    ]
    (warned,) = [said for level, said in log if level == logging.WARNING and "high end" in said]
    assert warned.endswith("a wider search.space may find better")

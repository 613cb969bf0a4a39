"""Each fault that makes a model a lie is caught by the check that is named for it."""

import shutil
from dataclasses import dataclass, replace

import dagster as dg
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from platform_assets.folder import ModelFolder
from resources.registry import Registry
from tests.support.fake_serve import FakeServe
from tests.support.tiny import Platform, orders, tiny

pytestmark = pytest.mark.slow

GATES = [{"metric": "roc_auc", "beat": "dummy"}]
SOUND = tiny(gates=GATES, search={"trials": 1}, retry={"attempts": 0})


def same(frame: pd.DataFrame) -> pd.DataFrame:
    return frame


def leaked(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(amount=frame["returned"] * 50.0 + 1)


def shuffled(frame: pd.DataFrame) -> pd.DataFrame:
    order = np.random.default_rng(0).permutation(len(frame))
    return frame.assign(returned=frame["returned"].to_numpy()[order])


def in_cents(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(amount=frame["amount"] * 100)


def without_seed() -> object:
    words = make_column_transformer(
        (OneHotEncoder(sparse_output=False), ["channel"]), remainder="passthrough"
    )
    return make_pipeline(words, RandomForestClassifier(n_estimators=5))


@dataclass(frozen=True)
class Fault:
    """What is done to the first and the second delivery, and the check that must fail."""

    first: object
    second: object
    caught_by: str
    folder: ModelFolder = SOUND


FAULTS = {
    "a feature that holds the label": Fault(leaked, leaked, "training_set.no_feature_leaks"),
    "labels shuffled": Fault(shuffled, shuffled, "evaluation_report.roc_auc_beats_dummy"),
    "a unit changed at one delivery": Fault(same, in_cents, "training_set.units_hold"),
    "a seed removed": Fault(
        same, same, "candidate_model.seeds_fixed", replace(SOUND, build=without_seed)
    ),
}


@pytest.fixture(scope="module")
def serve():
    with FakeServe() as running:
        yield running


@pytest.fixture(scope="module")
def empty_registry(tmp_path_factory):
    """MLflow's migrations of a new database, done once for all faults."""
    folder = tmp_path_factory.mktemp("registry") / "mlflow"
    Registry(f"sqlite:///{folder}/mlflow.db", folder / "artifacts").versions("none")
    return folder


@pytest.fixture
def home(tmp_path, empty_registry):
    shutil.copytree(empty_registry, tmp_path / "mlflow")
    return tmp_path


def failed_checks(fault, home, serve):
    """The checks that failed on the way of two deliveries with the fault in them."""
    with dg.DagsterInstance.ephemeral() as instance:
        platform = Platform.create(home, serve, instance)
        platform.deliver("day-1.csv", fault.first(orders(400, seed=1)))
        platform.deliver("day-2.csv", fault.second(orders(400, seed=2, first=400)))
        result = platform.run(fault.folder)
        checks = result.get_asset_check_evaluations()
        promotions = platform.forge.promotions()
    severe = [one for one in checks if not one.passed and one.severity.value == "ERROR"]
    return {f"{one.asset_key.path[-1]}.{one.check_name}" for one in severe}, promotions


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_is_caught_by_its_check_and_released_nowhere(fault, home, serve):
    failed, promotions = failed_checks(fault, home, serve)
    assert failed == {fault.caught_by}
    assert promotions == []


def test_without_a_fault_no_check_fails(home, serve):
    failed, promotions = failed_checks(Fault(same, same, ""), home, serve)
    assert failed == set()
    assert len(promotions) == 1

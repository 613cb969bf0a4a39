"""What the newest report, the contract and git prove of how a model is worked on."""

import dagster as dg
import pytest

from gitops.history import history
from platform_assets.watch import practices
from platform_assets.watch.practices import (
    approved,
    beneficial,
    kept_out,
    live,
    searched,
    staleness,
)
from resources.artifacts import Artifacts
from tests.support.fake_serve import FakeServe
from tests.support.releases import world
from tests.support.tiny import tiny


def importance(feature, low):
    return {"feature": feature, "loss": {"value": 0.1, "low": low, "high": 0.2}}


def report(**fields):
    probes = {"importances": [importance("a", 0.05), importance("b", 0.01)]}
    trials = [{"parameters": {"alpha": alpha}, "score": 0.5} for alpha in (1, 2)]
    known = {"models": [{"version": "1"}], "left_out": {}}
    return {"probes": probes, "trials": trials, "staleness": known} | fields


def test_a_report_in_which_everything_was_done_proves_it():
    for judge in (beneficial, searched, staleness):
        assert judge(report()).passed


@pytest.mark.parametrize("low", [0.0, -0.1, None])
def test_a_feature_that_helps_no_more_than_chance_is_named(low):
    found = beneficial(report(probes={"importances": [importance("c", low)]}))
    assert (found.passed, found.description) == (False, "not beyond chance: c")


def test_one_setting_is_no_search():
    trials = [{"parameters": {"alpha": 1}, "score": 0.5}] * 3
    assert not searched(report(trials=trials)).passed


def test_earlier_models_that_could_not_be_asked_prove_nothing_of_their_age():
    """The check could not fail: what was left out was not counted as anything to judge."""
    found = staleness(report(staleness={"models": [], "left_out": {"1": "bundle gone"}}))
    assert not found.passed
    assert found.description.endswith("could not be asked: 1")


def test_a_first_model_has_no_earlier_one_to_judge():
    found = staleness(report(staleness={"models": [], "left_out": {}}))
    assert (found.passed, found.metadata["judged"].value) == (True, 0)


def test_without_a_report_there_was_nothing_to_judge():
    for judge in (beneficial, searched, staleness):
        assert judge(None).metadata["judged"].value == 0


def test_a_personal_column_that_is_learned_from_is_named():
    found = kept_out(["age", "postcode"], ["postcode", "name"])
    assert (found.passed, found.description) == (False, "learned from: postcode")


@pytest.fixture
def at(tmp_path):
    with FakeServe() as serve:
        here = world(tmp_path, serve)
        with here.runtime:
            yield here


def test_what_a_person_approved_from_a_commit_is_approved(at):
    at.staging("a")
    at.approve("a")
    at.reconciler.reconcile("production", "fraud")
    change, code = live(at.forge, "fraud")
    assert change == history(at.forge, "production", "fraud", 1)[0]
    assert approved(change, code).passed
    assert not approved(change, f"{code}-dirty").passed
    assert approved(None, "").metadata["judged"].value == 0


def test_what_is_live_by_evidence_that_cannot_be_read_is_not_approved(at):
    at.staging("a")
    at.by_hand("a", "not JSON", "production")
    change, code = live(at.forge, "fraud")
    assert (change.digest[-1], code, approved(change, code).passed) == ("a", "", False)


def test_the_asset_needs_no_report_and_no_release(at, tmp_path):
    resources = {"artifacts": Artifacts(tmp_path / "artifacts"), "forge": at.forge}
    result = dg.materialize([practices.build(tiny())], resources=resources)
    checks = {one.check_name: one for one in result.get_asset_check_evaluations()}
    assert tuple(checks) == practices.CHECKS
    assert all(one.passed for one in checks.values())
    judged = {name for name, one in checks.items() if one.metadata["judged"].value}
    assert judged == {"personal_columns_kept_out"}

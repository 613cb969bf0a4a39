"""MLflow's aliases follow what is proven, forward and back."""

import pytest

from gitops.conditions import Blocked, Reason, RetryAfter, Settled
from gitops.holds import Hold
from gitops.reconcile import Report
from gitops.record import DeploymentRecord
from platform_assets.release.aliases import wanted_aliases
from tests.support.releases import digest, manifest

SETTLED = Settled(Reason.HEALTHY, "fine")


def report(letter="a", environment="production", outcome=SETTLED):
    live = manifest(letter, environment, model="tiny") if letter else None
    return Report(environment, "tiny", outcome, revision="r", manifest=live)


def record(*letters):
    made = DeploymentRecord("production", "tiny")
    for number, letter in enumerate(letters):
        named, version = (digest(letter), manifest(letter).model_version) if letter else ("", "")
        made = made.with_proof(f"r{number}", named, version, "now", ())
    return made


def test_the_live_one_is_called_after_its_place_and_in_production_champion():
    assert wanted_aliases(report(environment="staging"), None, ()) == {"staging": "1"}
    assert wanted_aliases(report(), record("a"), ()) == {"champion": "1", "previous": None}


def test_the_version_before_is_what_a_rollback_would_restore():
    assert wanted_aliases(report("b"), record("a", "b", "b"), ())["previous"] == "1"
    assert wanted_aliases(report("c"), record("a", "b", "c"), ())["previous"] == "2"


def test_after_a_rollback_both_aliases_move_back():
    """What was taken back is held, and is nothing to go back to."""
    hold = Hold(digest("c"), "too slow", "now", "the reconciler")
    moved = wanted_aliases(report("b"), record("a", "b", "c", "b"), (hold,))
    assert moved == {"champion": "2", "previous": "1"}


def test_where_nothing_is_served_any_more_no_version_is_called_live():
    gone = wanted_aliases(report(None), record("a", ""), ())
    assert gone == {"champion": None, "previous": "1"}
    assert wanted_aliases(report(None, "staging"), None, ()) == {"staging": None}


@pytest.mark.parametrize(
    "outcome",
    [Blocked(Reason.STALLED, "stuck"), RetryAfter(Reason.RUNTIME_UNAVAILABLE, "away", 1.0)],
)
def test_an_alias_never_runs_ahead_of_what_is_proven(outcome):
    assert wanted_aliases(report(outcome=outcome), record("a"), ()) == {}

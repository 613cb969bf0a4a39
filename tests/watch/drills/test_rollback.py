"""The rollback drill on a real repository: there and back, whatever happens on the way."""

import pytest

from gitops.errors import NothingToRestore
from gitops.holds import read_holds
from gitops.rollback import digest_at
from platform_assets.errors import DrillFailed
from platform_assets.watch.drills import rollback as module
from platform_assets.watch.drills.caller import Caller
from platform_assets.watch.drills.rollback import rollback_drill
from tests.gitops.conftest import at, serve
from tests.support.releases import digest

__all__ = ["at", "serve"]
ROUTE = "/staging/fraud"


def drill(at):
    caller = Caller(f"{at.serve.endpoint}{ROUTE}/invocations", b"{}", {})

    def reconcile():
        return at.reconciler.reconcile("staging", "fraud")

    return rollback_drill(at.forge, reconcile, caller, "staging", "fraud", "ann")


def stands(at):
    """The digest that git names, the one that answers, and what is held."""
    head = at.forge.head()
    held = [one.digest for one in read_holds(at.forge, "staging", "fraud", head)]
    live = at.forge.read_record("staging", "fraud").digest
    return digest_at(at.forge, "staging", "fraud", head), live, held


def test_it_goes_back_and_forth_and_leaves_everything_as_it_was(at):
    at.staging("a")
    at.staging("b")
    found = drill(at)
    assert (found.back.digest, found.forth.digest) == (digest("a"), digest("b"))
    assert (found.failures, stands(at)) == ([], (digest("b"), digest("b"), []))
    assert found.requests >= 2
    assert found.back.answered > 0
    assert "0 of " in found.sentence()


def test_it_can_be_repeated(at):
    at.staging("a")
    at.staging("b")
    drill(at)
    assert drill(at).back.digest == digest("a")
    assert stands(at) == (digest("b"), digest("b"), [])


def test_where_nothing_is_live_there_is_nothing_to_practise(at):
    with pytest.raises(DrillFailed, match="nothing healthy is live in staging"):
        drill(at)


def test_without_a_version_before_nothing_is_touched(at):
    at.staging("a")
    head = at.forge.head()
    with pytest.raises(NothingToRestore, match="nothing else was healthy here"):
        drill(at)
    assert at.forge.head() == head


def test_a_release_that_is_on_its_way_is_left_alone(at):
    at.staging("a")
    at.bring("b")
    with pytest.raises(DrillFailed, match="on its way to another version"):
        drill(at)


def test_a_version_before_that_does_not_answer_any_more_is_told_and_forth_it_goes(at, monkeypatch):
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.0)
    at.staging("a")
    at.staging("b")
    at.serve.refusals[digest("a")] = "its bundle is gone"
    with pytest.raises(DrillFailed, match="the rollback drill failed: "):
        drill(at)
    assert stands(at)[0] == digest("b")


def test_requests_that_fail_are_counted_with_their_reason():
    with Caller("http://127.0.0.1:9/", b"{}", {}) as caller:
        assert caller.wait_for("sha256:none", 0.0, 0.2) is None
    assert caller.answers
    assert all("refused" in one.failure for one in caller.answers)

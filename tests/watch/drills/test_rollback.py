"""The rollback drill on a real repository: there and back, whatever happens on the way."""

import pytest

from gitops.errors import NothingToRestore
from gitops.holds import hold, read_holds
from gitops.rollback import digest_at, rollback
from platform_assets.errors import DrillFailed
from platform_assets.watch.drills.caller import Caller
from platform_assets.watch.drills.rollback import rollback_drill
from platform_assets.watch.drills.trip import REASON
from tests.gitops.conftest import at, serve
from tests.support.releases import digest
from tests.support.waiting import until

__all__ = ["at", "serve"]
ROUTE = "/staging/fraud"


def drill(at, reconcile=None):
    caller = Caller(f"{at.serve.endpoint}{ROUTE}/invocations", b"{}", {})
    passes = reconcile or (lambda: at.reconciler.reconcile("staging", "fraud"))
    return rollback_drill(at.forge, passes, caller, "staging", "fraud", "ann")


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


def test_a_version_before_that_does_not_answer_any_more_is_told_and_forth_it_goes(at):
    at.staging("a")
    at.staging("b")
    at.serve.refusals[digest("a")] = "its bundle is gone"
    with pytest.raises(DrillFailed, match="its bundle is gone"):
        drill(at)
    named, live, held = stands(at)
    assert (named, live) == (digest("b"), digest("b"))
    assert digest("b") not in held


def test_a_way_forth_that_breaks_leaves_git_and_holds_as_they_were(at):
    at.staging("a")
    at.staging("b")
    environments = iter(["staging"])
    with pytest.raises(StopIteration):
        drill(at, lambda: at.reconciler.reconcile(next(environments), "fraud"))
    named, _, held = stands(at)
    assert (named, held) == (digest("b"), [])


def test_a_release_that_comes_in_the_middle_stays(at):
    at.staging("a")
    at.staging("b")

    def reconcile():
        report = at.reconciler.reconcile("staging", "fraud")
        at.bring("c")
        return report

    with pytest.raises(DrillFailed, match="another change came meanwhile"):
        drill(at, reconcile)
    named, _, held = stands(at)
    assert (named, held) == (digest("c"), [])


def test_a_drill_that_was_killed_on_the_way_is_finished_by_the_next(at):
    """It left the version before live, and held the one that should be."""
    at.staging("a")
    at.staging("b")
    rollback(at.forge, "staging", "fraud", REASON, "ann")
    at.reconciler.reconcile("staging", "fraud")
    assert stands(at) == (digest("a"), digest("a"), [digest("b")])
    with pytest.raises(DrillFailed, match="on its way to another version"):
        drill(at)
    at.reconciler.reconcile("staging", "fraud")
    assert stands(at) == (digest("b"), digest("b"), [])
    assert drill(at).back.digest == digest("a")


def test_what_a_person_rolled_back_is_no_drill_to_be_finished(at):
    for letter in "abc":
        at.staging(letter)
    rollback(at.forge, "staging", "fraud", "it is wrong", "ann")
    at.reconciler.reconcile("staging", "fraud")
    assert drill(at).back.digest == digest("a")
    assert stands(at) == (digest("b"), digest("b"), [digest("c")])


def test_a_live_version_that_a_person_holds_is_no_matter_for_practice(at):
    at.staging("a")
    at.staging("b")
    hold(at.forge, "staging", "fraud", digest("b"), "looks odd", "ann")
    with pytest.raises(DrillFailed, match="what is live is held: looks odd"):
        drill(at)
    assert stands(at) == (digest("b"), digest("b"), [digest("b")])


def test_requests_that_fail_are_counted_with_their_reason():
    with Caller("http://127.0.0.1:9/", b"{}", {}) as caller:
        until(lambda: bool(caller.answers))
        assert caller.wait_for("sha256:none", 0.0, 0.0) is None
    assert all("refused" in one.failure for one in caller.answers)

"""The commit that was healthy last is gone: what needs it finds the same bundle, or says so."""

from dataclasses import replace

import pytest

from gitops.canary import CanaryPolicy
from gitops.conditions import Reason
from gitops.errors import NothingToRestore
from gitops.git_tree import MAIN
from gitops.manifest import manifest_path, render
from gitops.plumbing import RefUpdate
from gitops.rollback import rollback
from tests.support.releases import SEED, digest, manifest

WHERE = ("staging", "fraud")
GONE = "f" * 40
REF = "refs/slipway/staging/fraud"


def lose(at):
    """Let the record name a commit that the repository does not have, as after a forced push."""
    git, record = at.forge._git, at.forge.read_record(*WHERE)
    proofs = tuple(replace(one, revision=GONE) for one in record.proofs)
    lost = replace(record, attempted=GONE, applied=GONE, healthy=GONE, proofs=proofs)
    old = {ref: git.ref(ref) for ref in (f"{REF}/record", f"{REF}/healthy")}
    new = {f"{REF}/record": git.write_blob(lost.to_json()), f"{REF}/healthy": None}
    git.update_refs([RefUpdate(ref, new[ref], old[ref]) for ref in old])


@pytest.fixture
def rewritten(at):
    """Version a is live, and main no longer has the commit that brought it."""
    at.staging("a")
    git, head = at.forge._git, at.forge.head()
    files = SEED | {manifest_path(*WHERE): render(manifest("c"))}
    forced = git.commit_tree(git.write_tree(None, files), [], "Begin anew")
    git.update_refs([RefUpdate(MAIN, forced, head)])
    lose(at)
    return at


def again(at):
    """Somebody writes version a to main anew."""
    text = render(manifest("a", replicas=2))
    return at.forge.commit(at.forge.head(), {manifest_path(*WHERE): text}, "Again")


def test_a_canary_waits_for_what_it_should_stand_beside(rewritten):
    """Each pass ended in an error, for ever."""
    rewritten.bring("b", canary=CanaryPolicy())
    outcome = rewritten.reconciler.reconcile(*WHERE).outcome
    assert outcome.reason == Reason.HISTORY_LOST
    assert outcome.message.startswith(f"no canary: {GONE[:12]}, which was healthy last")
    assert rewritten.serve.digest("staging-fraud") == digest("a")


def test_a_canary_stands_beside_the_same_bundle_of_another_commit(rewritten):
    again(rewritten)
    rewritten.bring("b", canary=CanaryPolicy())
    assert rewritten.reconciler.reconcile(*WHERE).outcome.reason == Reason.CANARY


def test_what_needs_no_history_goes_live(rewritten):
    rewritten.bring("b")
    assert rewritten.reconciler.reconcile(*WHERE).outcome.reason == Reason.HEALTHY
    assert rewritten.forge._git.ref(f"{REF}/healthy") == rewritten.forge.head()


def test_a_bad_version_says_that_it_cannot_be_taken_back(rewritten):
    rewritten.bring("b", fault_delay_ms=200)
    outcome = rewritten.reconciler.reconcile(*WHERE).outcome
    assert outcome.reason == Reason.HISTORY_LOST
    assert "not taken back" in outcome.message


def test_a_bad_version_is_taken_back_to_the_same_bundle_of_another_commit(rewritten):
    found = again(rewritten)
    rewritten.bring("b", fault_delay_ms=200)
    assert rewritten.reconciler.reconcile(*WHERE).outcome.reason == Reason.ROLLED_BACK
    last = rewritten.forge.last_change(manifest_path(*WHERE), rewritten.forge.head())
    assert last.trailers["Restored-Revision"] == found


def back(at):
    return rollback(at.forge, *WHERE, "too slow", "ann")


def test_a_person_goes_back_to_the_same_bundle_of_another_commit(rewritten):
    """`slipway rollback` ended in an unknown revision."""
    found = again(rewritten)
    rewritten.bring("b")
    last = rewritten.forge.last_change(manifest_path(*WHERE), back(rewritten))
    assert last.trailers["Restored-Revision"] == found


def test_a_person_hears_what_is_lost_and_what_to_do(rewritten):
    rewritten.bring("b")
    with pytest.raises(NothingToRestore, match=f"{GONE[:12]}, which was healthy last .* --to REV"):
        back(rewritten)


def test_what_was_written_anew_is_not_what_it_is_taken_back_to(rewritten):
    again(rewritten)
    with pytest.raises(NothingToRestore, match="nothing else was healthy"):
        back(rewritten)

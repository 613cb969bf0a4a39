"""Rollback because a person wants it; the automatic one is in the reconciler's story."""

import pytest

from gitops.conditions import Reason
from gitops.errors import AlreadyRolledBack, DigestHeld, NothingToRestore, UnknownRevision
from gitops.holds import held, hold, lift, read_holds
from gitops.manifest import manifest_path
from gitops.rollback import Restore, digest_at, restore, rollback
from tests.support.releases import digest

PATH = manifest_path("staging", "fraud")


def back(at, to: str | None = None) -> str:
    return rollback(at.forge, "staging", "fraud", "smells", "ann", to)


def test_a_rollback_restores_the_last_healthy_bundle_and_holds_the_present_one(at):
    at.staging("a")
    before = at.present()
    at.staging("b")
    revision = back(at)
    assert at.present() == before
    assert held(read_holds(at.forge, "staging", "fraud", revision), digest("b")).by == "ann"
    report = at.reconciler.reconcile("staging", "fraud")
    assert (report.outcome.reason, at.serve.digest("staging-fraud")) == (
        Reason.ROLLED_BACK,
        digest("a"),
    )


def test_the_commit_says_who_wanted_it_and_that_nothing_failed(at):
    at.staging("a")
    bad = at.bring("b").revision
    at.reconciler.reconcile("staging", "fraud")
    commit = at.forge.last_change(PATH, back(at))
    assert (commit.trailers["Reverts"], commit.trailers["By"]) == (bad, "ann")
    assert "Failed-Revision" not in commit.trailers
    assert commit.trailers["Taken-Back-Digest"] == digest("b")


def test_a_rollback_of_a_rollback_needs_a_revision(at):
    at.staging("a")
    first = at.forge.last_change(PATH, at.forge.head()).revision
    at.staging("b")
    at.staging("c")
    back(at)
    with pytest.raises(AlreadyRolledBack, match="--to REVISION"):
        back(at)
    assert digest_at(at.forge, "staging", "fraud", back(at, first)) == digest("a")


def test_a_held_bundle_is_passed_over(at):
    for letter in "abc":
        at.staging(letter)
    hold(at.forge, "staging", "fraud", digest("b"), "smells", "ann")
    assert digest_at(at.forge, "staging", "fraud", back(at)) == digest("a")


def test_a_held_bundle_is_not_restored_by_name(at):
    at.staging("a")
    first = at.forge.head()
    at.staging("b")
    hold(at.forge, "staging", "fraud", digest("a"), "smells", "ann")
    with pytest.raises(DigestHeld, match="smells"):
        back(at, first)


def test_an_attempt_that_hangs_goes_back_to_what_is_healthy(at):
    at.staging("a")
    at.bring("a", replicas=5)
    assert digest_at(at.forge, "staging", "fraud", back(at)) == digest("a")
    assert read_holds(at.forge, "staging", "fraud", at.forge.head()) == ()


def test_without_another_healthy_bundle_nothing_is_restored(at):
    at.staging("a")
    with pytest.raises(NothingToRestore, match="nothing else was healthy here"):
        back(at)


def test_without_a_manifest_there_is_nothing_to_take_back(at):
    with pytest.raises(NothingToRestore, match="no manifest to take back"):
        back(at)


def test_a_revision_without_manifest_or_with_the_same_one_is_refused(at):
    empty = at.forge.head()
    at.staging("a")
    with pytest.raises(NothingToRestore, match="there is no manifest at"):
        back(at, empty)
    with pytest.raises(NothingToRestore, match="is the present one"):
        back(at, at.forge.head())
    with pytest.raises(UnknownRevision, match="no commit 'nowhere'"):
        back(at, "nowhere")


def test_a_taken_back_bundle_can_be_released_again_once_it_is_lifted(at):
    at.staging("a")
    at.staging("b")
    back(at)
    at.reconciler.reconcile("staging", "fraud")
    with pytest.raises(DigestHeld, match="smells"):
        at.bring("b")
    lift(at.forge, "staging", "fraud", digest("b"), "ann")
    at.staging("b")
    assert at.serve.digest("staging-fraud") == digest("b")


def test_a_restoration_gives_way_to_a_newer_change(at):
    at.staging("a")
    good = at.forge.head()
    bad = at.bring("b").revision
    newest = at.bring("c").revision
    order = Restore("staging", "fraud", bad, good, "slow", "reconciler", failed=True)
    assert restore(at.forge, order) is None
    assert at.forge.head() == newest

"""Others write while a pass is at work: it gives way, says so, and the next pass goes on."""

from dataclasses import replace

import pytest

from gitops.conditions import Blocked, Reason, RetryAfter
from gitops.errors import Contention, HeadMoved, NothingToRestore
from gitops.holds import hold
from gitops.known import Act
from gitops.local_forge import LocalForge
from gitops.manifest import manifest_path
from gitops.reconcile import ROUNDS
from gitops.retry import until_won
from gitops.rollback import rollback
from tests.support.releases import digest, with_options

PATH = manifest_path("staging", "fraud")


def at_act(at, point, deed):
    """The same world with somebody who does a deed each time a pass reaches a point."""
    return with_options(at, on_act=lambda reached: deed() if reached == point else None)


def stranger(at):
    """Somebody who writes the record, as a reconciler on another machine would."""
    seen = at.forge.read_record("staging", "fraud")
    at.forge.write_record(replace(seen, version=f"{seen.version}x"), seen)


@pytest.mark.parametrize("act", [Act.RECORD_APPLIED, Act.RECORD_HEALTHY, Act.RECORD_OUTCOME])
def test_a_record_that_another_wrote_meanwhile_is_not_overwritten(at, act):
    at.bring("a")
    busy = at_act(at, f"before:{act}", lambda: stranger(at))
    report = busy.reconciler.reconcile("staging", "fraud")
    assert isinstance(report.outcome, RetryAfter)
    assert report.outcome.reason == Reason.CONTENDED
    assert "was written by another process" in report.outcome.message
    assert at.forge.read_record("staging", "fraud").version.endswith("x")


@pytest.mark.parametrize("act", [Act.RECORD_APPLIED, Act.RECORD_HEALTHY])
def test_the_pass_after_it_goes_on_where_the_other_stood(at, act):
    at.bring("a")
    at_act(at, f"before:{act}", lambda: stranger(at)).reconciler.reconcile("staging", "fraud")
    assert at.reconciler.reconcile("staging", "fraud").outcome.reason == Reason.HEALTHY
    assert at.serve.digest("staging-fraud") == digest("a")


def test_a_system_that_is_lost_at_every_look_ends_the_pass_and_not_the_version(at):
    at.bring("a")
    restless = at_act(at, f"before:{Act.VERIFY}", at.serve.restart)
    report = restless.reconciler.reconcile("staging", "fraud")
    assert report.outcome.reason == Reason.CONTENDED
    assert f"kept changing for {ROUNDS} looks" in report.outcome.message
    assert report.reverted is None
    assert at.reconciler.reconcile("staging", "fraud").outcome.reason == Reason.HEALTHY


def test_a_release_that_arrives_during_a_pass_is_served_by_the_same_pass(at):
    at.bring("a")
    arrivals = iter("b")

    def arrive():
        for letter in arrivals:
            at.bring(letter)

    report = at_act(at, f"before:{Act.VERIFY}", arrive).reconciler.reconcile("staging", "fraud")
    assert report.outcome.reason == Reason.HEALTHY
    assert at.serve.digest("staging-fraud") == digest("b")


def test_a_hold_that_arrives_during_an_attempt_does_not_stop_it(at):
    """One attempt for each revision; the next pass keeps what was proven."""
    at.bring("a")

    def forbid():
        hold(at.forge, "staging", "fraud", digest("a"), "smells", "ann")

    report = at_act(at, f"after:{Act.APPLY}", forbid).reconciler.reconcile("staging", "fraud")
    assert not isinstance(report.outcome, Blocked)
    assert at.serve.digest("staging-fraud") == digest("a")


def test_a_failure_on_the_last_healthy_manifest_has_nothing_to_go_back_to(at):
    """The same text again is a new revision only after something else stood between."""
    at.staging("a")
    good = at.present()
    at.forge.commit(at.forge.head(), {PATH: None}, "Remove\n")
    at.forge.commit(at.forge.head(), {PATH: good}, "By hand\n")
    at.serve.wrong.add(digest("a"))
    report = at.reconciler.reconcile("staging", "fraud")
    assert report.outcome.reason == Reason.STALLED
    assert "the last healthy revision is the same and fails now" in report.outcome.message
    assert at.present() == good


class Busy(LocalForge):
    """A repository in which somebody changes the manifest while a rollback looks for a good one."""

    def read_record(self, environment, model):
        text = (self.read(PATH, self.head()) or "").replace("replicas: 1", "replicas: 2")
        self.commit(self.head(), {PATH: text}, "Scale by hand\n")
        return super().read_record(environment, model)


def test_a_rollback_by_hand_gives_way_to_a_newer_change(at):
    at.staging("a")
    at.staging("b")
    with pytest.raises(NothingToRestore, match="a newer change arrived meanwhile"):
        rollback(Busy(at.forge.path), "staging", "fraud", "smells", "ann")
    assert digest("b") in at.present()


def test_a_manifest_that_was_broken_by_hand_is_taken_back_without_a_hold(at):
    at.staging("a")
    good = at.present()
    at.forge.commit(at.forge.head(), {PATH: "no manifest\n"}, "By hand\n")
    rollback(at.forge, "staging", "fraud", "smells", "ann")
    assert at.present() == good
    assert at.forge.paths("gitops/holds", at.forge.head()) == []


def test_who_loses_every_time_is_told_to_try_again():
    tries = []

    def lose():
        tries.append(1)
        raise HeadMoved("a" * 40, "b" * 40)

    with pytest.raises(Contention, match="a hold: 3 attempts lost against other writers"):
        until_won("a hold", lose, HeadMoved, attempts=3)
    assert len(tries) == 3


def test_what_is_no_lost_race_is_not_tried_again():
    tries = []

    def fail():
        tries.append(1)
        raise NothingToRestore("staging", "fraud", "there is none")

    with pytest.raises(NothingToRestore, match="there is none"):
        until_won("a rollback", fail, HeadMoved)
    assert len(tries) == 1

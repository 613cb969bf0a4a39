import pytest

from gitops.conditions import Blocked, Reason, Settled
from gitops.errors import NotSuspended, SuspensionInvalid
from gitops.suspension import parse_suspension, read_suspension, resume, suspend, suspension_path
from tests.support.releases import digest

WHERE = ("staging", "fraud")


def test_a_suspended_target_that_is_as_git_says_is_settled(at):
    at.staging("a")
    suspend(at.forge, *WHERE, "moving house", "ann")
    outcome = at.reconciler.reconcile(*WHERE).outcome
    assert (type(outcome), outcome.reason) == (Settled, Reason.SUSPENDED)
    assert "suspended by ann since" in outcome.message
    assert "moving house" in outcome.message


def test_a_suspended_target_is_told_of_and_not_changed(at):
    at.staging("a")
    suspend(at.forge, *WHERE, "moving house", "ann")
    at.bring("b")
    puts = len(at.serve.puts)
    outcome = at.reconciler.reconcile(*WHERE).outcome
    assert (type(outcome), outcome.reason) == (Blocked, Reason.SUSPENDED)
    assert "user_config.bundle.uri: got" in outcome.message
    assert "slipway resume fraud --env staging" in outcome.message
    assert (len(at.serve.puts), at.serve.digest("staging-fraud")) == (puts, digest("a"))
    assert at.forge.read_record(*WHERE).outcome == outcome


def test_what_is_resumed_catches_up(at):
    at.staging("a")
    suspend(at.forge, *WHERE, "moving house", "ann")
    at.bring("b")
    at.reconciler.reconcile(*WHERE)
    resume(at.forge, *WHERE, "ann")
    assert at.reconciler.reconcile(*WHERE).outcome.reason == Reason.HEALTHY
    assert at.serve.digest("staging-fraud") == digest("b")


def test_a_failed_version_is_not_taken_back_while_suspended(at):
    at.staging("a")
    at.bring("b", fault_delay_ms=200)
    suspend(at.forge, *WHERE, "watching it", "ann")
    wanted = at.present()
    assert at.reconciler.reconcile(*WHERE).outcome.reason == Reason.SUSPENDED
    assert at.present() == wanted


def test_suspending_twice_keeps_the_first_reason(forge):
    head = suspend(forge, *WHERE, "first", "ann")
    assert suspend(forge, *WHERE, "second", "bob") == head
    assert read_suspension(forge, *WHERE, head).reason == "first"


def test_what_is_not_suspended_cannot_be_resumed(forge):
    with pytest.raises(NotSuspended, match="fraud is not suspended in staging"):
        resume(forge, *WHERE, "ann")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("reason: 3\n", "reason: got 3"),
        ("- a\n", "reason: got None"),
        ("&x a\n", "anchor"),
        ("reason: a\nsince: b\nby: c\nuntil: d\n", "until: got 'd'"),
    ],
)
def test_a_suspension_that_cannot_be_used_is_refused_by_key(text, message):
    with pytest.raises(SuspensionInvalid, match=message):
        parse_suspension(text, suspension_path(*WHERE))

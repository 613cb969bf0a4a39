"""Back-off, conditions and notices: what a pass leaves for people and for the next pass."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gitops.conditions import Blocked, Reason, RetryAfter, Settled
from gitops.known import Act
from gitops.notify import notice_of
from gitops.pace import Pace
from gitops.pacing import concluded, is_behind, is_news, seconds_left, unchanged
from gitops.record import DeploymentRecord
from tests.support.killed_pass import killed_pass
from tests.support.releases import patience, with_options

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PACE = Pace(interval=60, retry_interval=10)
DOWN = RetryAfter(Reason.UNHEALTHY, "no answer", 30.0)
FINE = Settled(Reason.HEALTHY, "live")
BLANK = DeploymentRecord("staging", "fraud", attempted="r1", healthy="r1")


def after(*outcomes, revision="r1"):
    record = BLANK
    for outcome in outcomes:
        record = concluded(record, outcome, revision, PACE, NOW)
    return record


def statuses(record):
    return {one.type: one.status for one in record.conditions}


def test_each_retry_for_the_same_reason_waits_twice_as_long_up_to_the_interval():
    waits = [after(*[DOWN] * count).outcome.seconds for count in range(1, 6)]
    assert waits == [10, 20, 40, 60, 60]


def test_what_is_no_news_keeps_its_pace_and_a_step_tells_what_is_left_of_it():
    """A step looked at in its middle was said to last as long again as at its beginning."""
    step = RetryAfter(Reason.CANARY, "step 1", 130.0)
    left = replace(step, seconds=10.0)
    assert unchanged(after(step), left) == left
    assert unchanged(after(DOWN), DOWN).seconds == PACE.retry_interval


@pytest.mark.parametrize(
    "between", [FINE, RetryAfter(Reason.RUNTIME_UNAVAILABLE, "no answer", 15.0)]
)
def test_another_end_begins_the_count_anew(between):
    assert after(DOWN, DOWN, between, DOWN).retries == 1


def test_another_revision_begins_the_count_anew():
    moved = concluded(after(DOWN, DOWN), DOWN, "r2", PACE, NOW)
    assert (moved.retries, moved.outcome.seconds) == (1, 10)


def test_a_retry_is_news_once_it_is_due():
    record = after(DOWN)
    assert not is_news(record, DOWN, "r1", NOW + timedelta(seconds=9))
    assert is_news(record, DOWN, "r1", NOW + timedelta(seconds=10))
    assert is_news(record, replace(DOWN, message="other"), "r1", NOW)
    assert not is_news(after(FINE), FINE, "r1", NOW + timedelta(days=1))


def test_a_target_that_failed_is_left_alone_until_git_changes_or_the_time_is_over():
    record = after(DOWN)
    assert seconds_left(record, "r1", NOW) == 10
    assert seconds_left(record, "r2", NOW) == 0
    assert seconds_left(record, "r1", NOW + timedelta(seconds=11)) == 0
    assert seconds_left(after(RetryAfter(Reason.AWAITING_EARLIER, "", 60)), "r1", NOW) == 0


@pytest.mark.parametrize(
    ("outcome", "ready", "reconciling", "stalled", "healthy"),
    [
        (FINE, "True", "False", "False", "True"),
        (Settled(Reason.REMOVED, "gone"), "True", "False", "False", "Unknown"),
        (DOWN, "False", "True", "False", "False"),
        (RetryAfter(Reason.RUNTIME_UNAVAILABLE, "", 15.0), "Unknown", "True", "False", "Unknown"),
        (Blocked(Reason.STALLED, "twice"), "False", "False", "True", "False"),
        (Blocked(Reason.HELD, "no"), "False", "False", "True", "Unknown"),
    ],
)
def test_conditions_say_how_a_pass_ended(outcome, ready, reconciling, stalled, healthy):
    said = statuses(after(outcome))
    assert list(said.values()) == [ready, reconciling, stalled, healthy]


def test_a_condition_keeps_its_time_while_its_status_stays():
    first = after(FINE)
    later = concluded(first, DOWN, "r1", PACE, NOW + timedelta(seconds=5))
    times = {one.type: one.to_dict()["lastTransitionTime"] for one in later.conditions}
    assert times["Ready"] == "2026-01-01T00:00:05+00:00"
    assert times["Stalled"] == "2026-01-01T00:00:00+00:00"


def test_a_record_with_conditions_survives_its_text():
    record = after(DOWN)
    assert DeploymentRecord.from_json(record.to_json()) == record


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (None, FINE, True),
        (FINE, FINE, False),
        (FINE, DOWN, True),
        (DOWN, DOWN, False),
        (FINE, Settled(Reason.HEALED, "again"), True),
        (Settled(Reason.HEALED, "again"), FINE, False),
        (FINE, RetryAfter(Reason.CONTENDED, "busy", 5.0), False),
    ],
)
def test_only_a_change_is_told(first, second, told):
    before = after(first) if first else BLANK
    assert bool(notice_of(before, concluded(before, second, "r1", PACE, NOW), "t1")) is told


def test_a_new_revision_that_is_healthy_too_is_told():
    later = concluded(after(FINE), FINE, "r2", PACE, NOW)
    assert notice_of(after(FINE), later, "t1").revision == "r2"


def test_a_pass_tells_once_and_the_next_one_nothing(at):
    told = []
    at.bring("a")
    at = with_options(at, tell=told.append)
    for _ in range(2):
        at.reconciler.reconcile("staging", "fraud")
    assert [(one.before, one.after, one.version) for one in told] == [("", "Healthy", "1")]


def test_a_plan_that_failed_is_not_due_before_its_time(at):
    at.staging("a")
    at.serve.restart()
    at.serve.hanging.add(at.serve.digest("staging-fraud") or "sha256:" + "a" * 64)
    hasty = with_options(at, patience=patience(5))
    assert hasty.reconciler.reconcile("staging", "fraud").outcome.reason == Reason.UNHEALTHY
    assert hasty.reconciler.plan("staging", "fraud").acts
    due = hasty.reconciler.due("staging", "fraud")
    assert (due.acts, due.outcome.reason) == ((), Reason.UNHEALTHY)


def test_trouble_that_went_by_itself_is_due_to_be_recorded_once(at):
    """Nobody looked again after a pass had failed, and the record said Unhealthy for ever."""
    at.staging("a")
    application = at.serve.applications["staging-fraud"]
    application.status = "UNHEALTHY"
    hasty = with_options(at, patience=patience(5)).reconciler
    assert hasty.reconcile("staging", "fraud").outcome.reason == Reason.UNHEALTHY
    application.status = "RUNNING"
    assert hasty.due("staging", "fraud").acts == (Act.RECORD_OUTCOME,)
    assert hasty.reconcile("staging", "fraud").outcome.reason == Reason.HEALTHY
    assert hasty.due("staging", "fraud").acts == ()


@pytest.mark.parametrize("point", ["after:record-healthy", "before:record-outcome"])
def test_an_end_that_a_kill_kept_from_the_record_is_due(at, point):
    at.bring("a")
    assert killed_pass(at, "staging", "fraud", point)
    assert at.reconciler.due("staging", "fraud").acts == (Act.RECORD_OUTCOME,)


def test_what_was_never_attempted_is_not_behind():
    absent = Settled(Reason.ABSENT, "git names no manifest")
    assert not is_behind(DeploymentRecord("staging", "fraud"), absent, "")
    assert not is_behind(after(DOWN), DOWN, "r1")
    assert is_behind(after(DOWN), FINE, "r1")
    assert is_behind(after(FINE, revision="r0"), FINE, "r1")

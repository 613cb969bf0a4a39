"""When the governor starts a training, and what it says when it does not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from platform_assets.spec import Retraining
from platform_assets.watch.governor import (
    DAY,
    Cause,
    Facts,
    Start,
    Trained,
    Trigger,
    Wait,
    decide,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULE = Retraining(minimum_new_rows=100, cool_down_hours=6, runs_per_day=3, seconds_per_day=1000)
HOUR = timedelta(hours=1)


def cause(trigger=Trigger.DRIFT, why="score_drift", seen=NOW):
    return Cause(trigger, why, seen)


def facts(*causes, trained=(), new_rows=100, unfinished=0, broken=()):
    return Facts(NOW, causes, trained, new_rows, unfinished, broken)


def ago(hours, seconds=10.0):
    return Trained(NOW - hours * HOUR, seconds)


def test_where_nothing_asks_nothing_starts():
    assert decide(facts(), RULE) == Wait("nothing asks for a training")


@pytest.mark.parametrize("trigger", Trigger)
def test_each_trigger_starts_a_training_and_names_itself(trigger):
    assert decide(facts(cause(trigger, "so")), RULE) == Start(trigger, f"{trigger}: so")


def test_a_storm_of_alerts_is_one_training_whose_reason_names_all():
    storm = [cause(why=f"input_drift of column {number}") for number in range(40)]
    started = decide(facts(*storm), RULE)
    assert started.reason.count("input_drift") == 40
    after = facts(*storm, trained=[Trained(NOW, 0)])
    assert isinstance(decide(after, RULE), Wait)


def test_the_strongest_trigger_names_the_run():
    both = facts(cause(Trigger.NEW_DATA, "90 rows"), cause(Trigger.LOST_QUALITY, "recall fell"))
    assert decide(both, RULE).reason == "lost quality: recall fell; new data: 90 rows"


def test_what_was_seen_before_the_last_training_began_asks_no_more():
    old = cause(seen=NOW - 8 * HOUR)
    assert decide(facts(old, trained=[ago(7)]), RULE).reason == "nothing asks for a training"
    assert isinstance(decide(facts(old, trained=[ago(9)]), RULE), Start)


def test_a_run_under_way_comes_first_for_everyone():
    for trigger in Trigger:
        wait = decide(facts(cause(trigger), unfinished=1), RULE)
        assert "1 runs of this model are under way" in wait.reason


def test_too_few_new_rows_wait_for_rows_and_for_no_time():
    wait = decide(facts(cause(), new_rows=99), RULE)
    assert "99 clean rows came" in wait.reason
    assert wait.until is None


def test_the_cool_down_says_until_when():
    wait = decide(facts(cause(), trained=[ago(2)]), RULE)
    assert wait.until == NOW + 4 * HOUR
    assert "cool_down_hours is 6, so not before 2026-03-01 16:00 UTC" in wait.reason


def test_the_runs_of_a_day_are_counted_and_the_oldest_makes_room():
    wait = decide(facts(cause(), trained=[ago(7), ago(12), ago(20), ago(30)]), RULE)
    assert "runs_per_day is 3" in wait.reason
    assert wait.until == NOW + 4 * HOUR


def test_the_seconds_of_a_day_are_counted_and_the_run_that_spent_them_makes_room():
    wait = decide(facts(cause(), trained=[ago(7, 600), ago(12, 600)]), RULE)
    assert "seconds_per_day is 1000" in wait.reason
    assert wait.until == NOW + 12 * HOUR
    assert isinstance(decide(facts(cause(), trained=[ago(7, 600), ago(25, 600)]), RULE), Start)


def test_rows_that_are_wrong_are_not_learned_from():
    broken = facts(cause(), broken=("skew of amount",))
    assert "skew of amount: a training would learn" in decide(broken, RULE).reason


def test_a_person_waits_for_neither_rows_nor_cool_down_nor_budget():
    wish = replace(cause(Trigger.ON_DEMAND, "asked for by ann"), by="ann")
    against = facts(wish, trained=[ago(n) for n in (1, 2, 3)], new_rows=0, broken=("skew",))
    assert decide(against, RULE) == Start(Trigger.ON_DEMAND, "on demand: asked for by ann", "ann")


class Days(RuleBasedStateMachine):
    """Any sequence of alerts, rows, ticks and ends of runs keeps every promise."""

    def __init__(self):
        super().__init__()
        self.now, self.causes, self.trained, self.rows = NOW, [], [], 0
        self.running, self.governed = None, []

    @rule(minutes=st.integers(1, 600))
    def time_passes(self, minutes):
        self.now += timedelta(minutes=minutes)

    @rule(trigger=st.sampled_from(list(Trigger)), many=st.integers(1, 30))
    def something_asks(self, trigger, many):
        self.causes += [Cause(trigger, "so", self.now)] * many

    @rule(rows=st.integers(1, 150))
    def rows_come(self, rows):
        self.rows += rows

    @rule()
    def tick(self):
        look = Facts(self.now, self.causes, self.trained, self.rows, int(self.running is not None))
        decision = decide(look, RULE)
        if isinstance(decision, Start):
            assert self.running is None
            self.running = self.now
            self.trained = [*self.trained, Trained(self.now, 0.0)]
            if decision.trigger is not Trigger.ON_DEMAND:
                assert self.rows >= RULE.minimum_new_rows
                self.governed.append((self.now, self.trained))
        elif decision.until is not None:
            assert decision.until > self.now

    @precondition(lambda self: self.running is not None)
    @rule(works=st.booleans())
    def the_run_ends(self, works):
        took = (self.now - self.running).total_seconds()
        self.trained = [*self.trained[:-1], Trained(self.running, took)]
        self.rows, self.running = 0 if works else self.rows, None

    @invariant()
    def no_limit_was_passed(self):
        for at, trained in self.governed:
            starts = [one.started for one in trained]
            assert len([one for one in starts if at - DAY < one <= at]) <= RULE.runs_per_day
            assert all(at - one >= 6 * HOUR for one in starts if one < at)


Days.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestDays = Days.TestCase


def test_a_wait_ends_when_it_says_and_not_a_minute_before():
    trained = [ago(7, 600), ago(12, 600)]
    until = decide(facts(cause(), trained=trained), RULE).until

    def at(when):
        later = facts(cause(), trained=[Trained(one.started, one.seconds) for one in trained])
        return decide(replace(later, now=when), RULE)

    assert isinstance(at(until - timedelta(minutes=1)), Wait)
    assert isinstance(at(until), Start)

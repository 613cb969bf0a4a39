"""Latency and errors: bounds, slow growth, and what few requests cannot prove."""

import numpy as np
import pytest

from platform_assets.watch.monitors.service import errors, growth, latency
from platform_assets.watch.observations import Outcome
from tests.support.looks import ROWS, by_subject, look


def trend(values):
    """What is said of the last of days with these latencies in ms."""
    seen = []
    for day, value in enumerate(values):
        found = by_subject(latency(look(latency=value, day=day, earlier=seen)))
        seen += found.values()
    return found["trend"]


def test_the_95th_percentile_is_held_against_the_budget_of_the_model():
    budget = look().folder.spec.serving.latency.p95_ms
    slow = np.where(np.arange(ROWS) % 10 == 0, budget + 1, 1.0)
    assert by_subject(latency(look(latency=slow)))["p95_ms"].outcome is Outcome.BEYOND
    rare = np.where(np.arange(ROWS) % 100 == 0, budget + 1, 1.0)
    assert by_subject(latency(look(latency=rare)))["p95_ms"].outcome is Outcome.OK


def test_a_slow_growth_within_the_budget_is_seen():
    assert trend([5 * 1.05**day for day in range(10)]).outcome is Outcome.BEYOND


def test_one_slow_day_is_no_trend():
    assert trend([5.0, 5.1, 4.9, 5.0, 30.0, 5.1, 5.0, 4.9]).outcome is Outcome.OK


def test_a_small_steady_growth_stays_below_the_bound():
    assert trend([5 * 1.01**day for day in range(12)]).outcome is Outcome.OK


def test_of_few_days_nothing_is_said():
    assert trend([1.0, 2.0, 4.0, 8.0, 16.0]).outcome is Outcome.TOO_FEW


def test_growth_is_told_as_a_share_of_the_beginning():
    grown, chance = growth([10.0, 11.0, 12.0, 13.0, 14.0, 15.0])
    assert grown == pytest.approx(0.5)
    assert chance < 0.01
    assert growth([5.0] * 8) == (0.0, 1.0)


def test_failures_are_beyond_when_their_whole_interval_is():
    some = np.where(np.arange(ROWS) < 5, 500, 200)
    many = np.where(np.arange(ROWS) < 12, 500, 200)
    assert by_subject(errors(look(status=some)))["failed"].outcome is Outcome.OK
    found = by_subject(errors(look(status=many)))["failed"]
    assert found.outcome is Outcome.BEYOND
    assert found.threshold < found.low < found.value < found.high


@pytest.mark.parametrize("status", [401, 403, 404, 429])
def test_who_is_not_let_in_says_nothing_of_the_model(status):
    assert {one.value for one in errors(look(status=status))} == {0.0}

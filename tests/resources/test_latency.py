"""Budgets and versions beside each other: judged by intervals, and a slow machine blames nobody."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.budget import LatencyBudget
from resources.latency import (
    GRACE_MS,
    Measurement,
    judge,
    percentile_interval,
    ratio_interval,
    unmeasured,
)
from resources.load import LoadReport

BUDGET = LatencyBudget(rate=50, seconds=5, p50_ms=40, p95_ms=40, p99_ms=40)
PERCENTILES = ["latency_p50", "latency_p95", "latency_p99"]


def run(latencies, errors=0):
    latencies = np.asarray(latencies, dtype=float)
    failures = {"status 500": errors} if errors else {}
    return LoadReport(50, len(latencies) / 50, len(latencies), errors, latencies, failures)


def even(ms, runs=10, errors=0):
    """Runs in which every request takes the same time."""
    return tuple(run(np.full(25, float(ms)), errors) for _ in range(runs))


def outcomes(measured, **options):
    return {one.check: one.outcome for one in judge(BUDGET, measured, **options)}


def test_figures_equal_to_the_budget_pass():
    verdicts = judge(BUDGET, Measurement(even(40)))
    assert [one.check for one in verdicts] == [*PERCENTILES, "error_rate"]
    assert all(one.passed for one in verdicts)
    assert verdicts[2].message == "40 to 40 ms in 250 requests at 50/s"


def test_what_is_slow_alone_fails():
    found = outcomes(Measurement(even(41)))
    assert [found[name] for name in PERCENTILES] == ["fail"] * 3


def test_an_interval_across_the_budget_is_inconclusive():
    latencies = np.full(250, 5.0)
    latencies[[20, 120, 220]] = 90.0
    found = outcomes(Measurement((run(latencies),)))
    assert found == {
        "latency_p50": "pass",
        "latency_p95": "pass",
        "latency_p99": "inconclusive",
        "error_rate": "pass",
    }


def test_what_the_version_beside_it_cannot_keep_either_blames_the_machine():
    verdicts = {one.check: one for one in judge(BUDGET, Measurement(even(80), even(78), "3"))}
    assert [verdicts[name].outcome for name in PERCENTILES] == ["inconclusive"] * 3
    assert verdicts["latency_p99"].message.endswith("the version beside it, meanwhile: 78 ms")
    assert verdicts["latency_beside"].outcome == "pass"


def test_what_is_slow_beside_a_version_that_keeps_the_budget_fails():
    found = outcomes(Measurement(even(80), even(4), "3"))
    assert {found[name] for name in (*PERCENTILES, "latency_beside")} == {"fail"}


def test_a_version_many_times_as_slow_fails_within_the_budget_too():
    verdict = judge(BUDGET, Measurement(even(30), even(10), "3"))[-1]
    assert (verdict.check, verdict.outcome) == ("latency_beside", "fail")
    assert (verdict.observed, verdict.threshold) == (3.0, 2.0)
    assert "10 slices of each, in turn; version 3: 10 ms" in verdict.message


def test_a_few_milliseconds_more_are_no_slowdown():
    assert outcomes(Measurement(even(1 + GRACE_MS), even(1), "3"))["latency_beside"] == "pass"


def test_the_manifest_says_how_many_times_as_long_is_allowed():
    measured = Measurement(even(30), even(10), "3")
    assert outcomes(measured, slowdown=3.5)["latency_beside"] == "pass"


def test_a_ratio_that_slices_disagree_about_is_inconclusive():
    mine = tuple(run(np.full(25, 20.0 if number % 2 else 60.0)) for number in range(6))
    found = outcomes(Measurement(mine, even(20, 6), "3"))
    assert found["latency_beside"] == "inconclusive"


def test_noise_that_meets_both_in_turn_is_no_slowdown():
    noise = np.random.default_rng(1).lognormal(2.0, 0.8, 20)
    mine, beside = (tuple(run(np.full(25, one * by)) for one in noise) for by in (1.1, 1.0))
    assert outcomes(Measurement(mine, beside, "3"))["latency_beside"] == "pass"


@pytest.mark.parametrize(("silent", "outcome"), [(1, "pass"), (6, "inconclusive")])
def test_slices_in_which_nobody_answered_tell_nothing_of_a_slowdown(silent, outcome):
    """One of them made the whole comparison say nothing."""
    runs = (*even(4, 6 - silent), *even(np.inf, silent))
    assert outcomes(Measurement(runs, runs, "3"))["latency_beside"] == outcome


def test_errors_beyond_the_budget_fail_unless_the_version_beside_it_has_them_too():
    assert outcomes(Measurement(even(4, errors=1)))["error_rate"] == "fail"
    both = Measurement(even(4, errors=1), even(4, errors=1), "3")
    assert outcomes(both)["error_rate"] == "inconclusive"


def test_latency_that_nobody_measured_does_not_pass_and_can_be_written_down():
    never = Measurement((LoadReport(4, 1, 4, 4, np.full(4, np.inf)),))
    verdicts = judge(BUDGET, never)
    assert [one.outcome for one in verdicts] == ["fail"] * 4
    assert [one.observed for one in verdicts] == [None, None, None, 1.0]
    json.dumps([one.to_dict() for one in verdicts], allow_nan=False)


def test_what_could_not_be_asked_fails_under_the_same_names():
    verdicts = unmeasured(BUDGET, "not ready")
    assert [one.check for one in verdicts] == [*PERCENTILES, "error_rate"]
    assert {(one.passed, one.observed, one.message) for one in verdicts} == {
        (False, None, "not ready")
    }


@given(st.lists(st.floats(0.01, 1e4), min_size=1, max_size=80), st.sampled_from([50.0, 95.0, 99.9]))
def test_an_interval_holds_the_figure_and_only_latencies_that_were_met(latencies, q):
    found = percentile_interval(np.array(latencies), q)
    assert found.low <= found.observed <= found.high
    assert {found.low, found.observed, found.high} <= set(latencies)


def test_the_same_figures_give_the_same_interval():
    latencies = np.random.default_rng(2).exponential(10, 250)
    assert percentile_interval(latencies, 99) == percentile_interval(latencies, 99)


@pytest.mark.parametrize("true", [1.0, 1.5])
def test_an_interval_of_a_ratio_holds_the_true_one_nearly_always(true):
    held = 0
    for seed in range(100):
        draw = np.random.default_rng(seed)
        noise, mine, beside = draw.lognormal(1, 1, 12), *draw.lognormal(0, 0.2, (2, 12))
        found = ratio_interval(true * noise * mine, noise * beside)
        held += found.low <= true <= found.high
    assert held >= 85

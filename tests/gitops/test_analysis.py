"""Three answers from figures alone: yes, no, and not yet known."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.analysis import FEWEST, analyse, conclusion, wilson
from gitops.canary import CanaryPolicy
from gitops.conditions import Verdict
from gitops.figures import Figures, Pairs, Side, figures_from
from gitops.stepping import Analysis, decide
from tests.support.fake_serve import GOOD_FIGURES

POLICY = CanaryPolicy(interval=10.0, timeout=100.0)
GOOD = figures_from(GOOD_FIGURES)
COUNTS = st.integers(0, 400)


def verdict(check: str, figures: Figures, replayed: Figures | None = None) -> Verdict:
    return next(one for one in analyse(POLICY, figures, replayed) if one.check == check)


def pairs(**change) -> Figures:
    return replace(GOOD, pairs=replace(GOOD.pairs, **change))


def slow(bound_us: float, requests: int = 1000) -> Figures:
    return replace(GOOD, candidate=Side(requests, 0, {bound_us: requests}))


def test_a_candidate_that_is_as_good_passes_with_every_figure():
    assert conclusion(analyse(POLICY, GOOD)) == "pass"


def test_nothing_known_is_no_answer():
    assert conclusion(analyse(POLICY, Figures())) == "inconclusive"


@pytest.mark.parametrize(
    ("failures", "outcome"), [(0, "pass"), (40, "inconclusive"), (100, "fail")]
)
def test_errors_pass_fail_or_stay_open_by_their_interval(failures, outcome):
    assert verdict("canary_errors", pairs(failures=failures)).outcome == outcome


def test_a_request_that_a_caller_gave_and_both_scored_is_counted_once():
    """It was counted as answered and as scored twice, so errors were underrated."""
    half = Side(1000, 100, {300.0: 1000})
    figures = Figures(Side(1000, 0, {300.0: 1000}), half, Pairs(1900, 1000, 100))
    errors = verdict("canary_errors", figures)
    assert (errors.observed, errors.message.split(" in ")[1]) == (0.1, "2000 requests")


def test_replicas_that_do_not_count_what_was_shadowed_are_believed_the_least():
    told = {**GOOD_FIGURES["pairs"], "requests": 1900, "failures": 100}
    del told["shadowed"]
    found = figures_from({**GOOD_FIGURES, "pairs": told})
    assert found.pairs.shadowed == 900


def test_errors_that_the_stable_version_has_too_are_no_fault_of_the_candidate():
    both = {"requests": 1000, "errors": 300, "latency_us": {300.0: 1000}}
    figures = Figures(Side(**both), Side(**both), Pairs())
    assert verdict("canary_errors", figures).outcome != "fail"


def test_one_error_of_the_stable_version_excuses_no_bad_candidate():
    bad = {"requests": 1000, "errors": 400, "latency_us": {300.0: 1000}}
    figures = Figures(Side(2, 1, {300.0: 2}), Side(**bad), Pairs())
    assert verdict("canary_errors", figures).outcome == "fail"


def test_a_few_bad_requests_do_not_fail_a_candidate():
    few = Figures(candidate=Side(FEWEST - 1, FEWEST - 1, {}))
    assert verdict("canary_errors", few).outcome == "inconclusive"


@pytest.mark.parametrize(
    ("bound", "outcome"), [(300.0, "pass"), (5300.0, "pass"), (5400.0, "fail")]
)
def test_latency_is_judged_against_what_is_stable(bound, outcome):
    assert verdict("canary_latency", slow(bound)).outcome == outcome


def test_a_factor_of_a_slow_stable_version_is_more_than_the_grace():
    figures = Figures(Side(1000, 0, {50_000.0: 1000}), Side(1000, 0, {90_000.0: 1000}))
    assert verdict("canary_latency", figures).threshold == 100.0


def test_too_few_answers_say_nothing_of_latency_and_a_replay_does():
    few = slow(300.0, requests=30)
    assert verdict("canary_latency", few).outcome == "inconclusive"
    assert verdict("canary_latency", few, GOOD).outcome == "pass"


def test_a_replay_does_not_hide_what_callers_waited():
    assert verdict("canary_latency", slow(90_000.0), GOOD).outcome == "fail"


@pytest.mark.parametrize(("shift", "outcome"), [(0.0, "pass"), (-50.0, "pass"), (-400.0, "fail")])
def test_scores_may_shift_a_little_in_either_direction(shift, outcome):
    assert verdict("canary_shift", pairs(shift=shift, shift_squares=200.0)).outcome == outcome


def test_any_shift_of_a_stable_version_without_spread_fails():
    flat = pairs(stable=1000.0, stable_squares=1000.0, shift=10.0, shift_squares=0.1)
    assert verdict("canary_shift", flat).outcome == "fail"


def test_the_same_scores_are_no_shift_even_without_spread():
    same = pairs(stable=1000.0, stable_squares=1000.0, shift=0.0, shift_squares=0.0)
    assert verdict("canary_shift", same).outcome == "pass"


def test_without_a_shadow_what_was_scored_twice_is_not_asked_for():
    policy = replace(POLICY, shadow=0.0)
    checks = {one.check for one in analyse(policy, GOOD)}
    assert checks == {"canary_samples", "canary_errors", "canary_latency"}


@given(COUNTS, COUNTS)
def test_an_interval_holds_its_share_and_narrows_with_what_is_known(count, more):
    of = count + more
    low, high = wilson(count, of)
    assert 0.0 <= low <= high <= 1.0
    if of:
        assert low - 1e-9 <= count / of <= high + 1e-9
        closer = wilson(count * 10, of * 10)
        assert closer[1] - closer[0] <= high - low + 1e-9


@given(st.builds(Pairs, requests=COUNTS, failures=COUNTS, rows=COUNTS, disagreed=COUNTS))
def test_whatever_is_counted_there_is_an_answer(counted):
    kept = replace(
        counted,
        shadowed=counted.requests,
        failures=min(counted.failures, counted.requests),
        disagreed=min(counted.disagreed, counted.rows),
    )
    outcome = conclusion(analyse(POLICY, Figures(pairs=kept)))
    assert outcome in ("fail", "inconclusive")


def test_figures_of_replicas_add_up():
    twice = GOOD + GOOD
    assert twice.candidate == Side(2000, 0, {300.0: 2000})
    assert (twice.pairs.rows, twice.pairs.stable) == (2000, 1000.0)


@pytest.mark.parametrize(
    ("told", "error", "message"),
    [
        ({}, KeyError, "stable"),
        ({**GOOD_FIGURES, "pairs": 3}, TypeError, "not iterable"),
        ({**GOOD_FIGURES, "stable": {"requests": "x"}}, ValueError, "'x'"),
        ({**GOOD_FIGURES, "pairs": {"requests": None}}, TypeError, "expected a number"),
    ],
)
def test_what_are_no_figures_is_an_error_and_not_zero(told, error, message):
    with pytest.raises(error, match=message):
        figures_from(told)


@pytest.mark.parametrize(
    ("figures", "seconds", "kind", "wait"),
    [
        (GOOD, 4.0, "wait", 6.0),
        (GOOD, 10.0, "advance", 0.0),
        (pairs(failures=500), 0.0, "fail", 0.0),
        (Figures(), 4.0, "wait", 6.0),
        (Figures(), 95.0, "wait", 5.0),
        (Figures(), 50.0, "wait", 10.0),
        (Figures(), 100.0, "fail", 0.0),
    ],
)
def test_a_step_goes_on_ends_or_waits(figures, seconds, kind, wait):
    analysis = Analysis("step", 0.05, seconds, figures, 0, analyse(POLICY, figures))
    decision = decide(POLICY, analysis)
    assert (decision.kind, decision.seconds) == (kind, wait)

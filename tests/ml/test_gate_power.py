"""How often the gate errs: what it calls different that is not, and what it misses.

Each test simulates holdouts with fixed seeds and judges them as an evaluation does. The bounds are
the stated rates plus what chance adds: a count above them has less than one chance in a thousand
if the rate holds.
"""

import numpy as np
import pytest
from scipy.stats import binom

from platform_assets.ml.figures import measure
from platform_assets.ml.gates import judge
from platform_assets.ml.intervals import bootstrap
from platform_assets.ml.metrics import metric
from platform_assets.spec import Beat, Floor

COMPARISONS = 200
DIFFERENT = 0.05
"""Stated: how often two equally good models are called different."""
POWER = 0.8
"""Stated at least: how often a loss of two points of roc_auc is called one, on 5,000 rows."""
AT_THE_BOUND = {20: 0.05, 200: 0.045, 1000: 0.03}
"""Stated: how often a model exactly at its bound passes, by the rows of the holdout."""
EQUAL = Beat(metric="roc_auc", beat="champion")
AUC = metric("binary", "roc_auc")


def probability(score):
    return 1 / (1 + np.exp(-score))


def holdout(seed, rows):
    """Outcomes, three in ten positive, and what can be known of them at best."""
    draw = np.random.default_rng(seed)
    y = (draw.random(rows) < 0.3).astype(int)
    return draw, y, y + draw.normal(0, 1.1, rows)


def equally_good(seed, rows=600):
    draw, y, known = holdout(seed, rows)
    ours, theirs = (probability(known + draw.normal(0, 0.5, rows)) for _ in range(2))
    return y, ours, theirs


def two_points_worse(seed, rows=5000):
    draw, y, known = holdout(seed, rows)
    return y, probability(known + draw.normal(0, 0.52, rows)), probability(known)


def outcome(y, ours, theirs, gate=EQUAL):
    (result,) = judge([gate], measure("binary", y, ours, {"champion": theirs}))
    return result.outcome


def most(rate, tries):
    """The count that chance exceeds less than once in a thousand times."""
    return int(binom.ppf(0.999, tries, rate))


def test_the_same_model_twice_is_never_called_better_and_never_a_loss():
    for seed in range(10):
        y, ours, _ = equally_good(seed)
        assert outcome(y, ours, ours) == "fail"
        assert outcome(y, ours, ours, Beat(metric="roc_auc", beat="champion", by=-0.001)) == "pass"


@pytest.mark.e2e
def test_equally_good_models_are_called_different_no_more_often_than_stated():
    found = [outcome(*equally_good(seed)) for seed in range(COMPARISONS)]
    different = sum(one != "inconclusive" for one in found)
    assert 0 < different <= most(DIFFERENT, COMPARISONS)


def test_the_planted_loss_is_two_points():
    y, ours, theirs = two_points_worse(0, rows=400_000)
    assert AUC(y, theirs) - AUC(y, ours) == pytest.approx(0.02, abs=0.001)


@pytest.mark.e2e
def test_a_loss_of_two_points_is_caught_at_the_stated_power_and_never_released():
    tries = 40
    found = [outcome(*two_points_worse(seed)) for seed in range(tries)]
    assert found.count("fail") >= tries - most(1 - POWER, tries)
    assert found.count("fail") >= POWER * tries
    assert found.count("pass") == 0


@pytest.mark.slow
def test_an_interval_holds_the_truth_as_often_as_it_says():
    """The error of a normal sample is known: 0.7979. One in twenty intervals may miss it."""
    truth, error = np.sqrt(2 / np.pi), metric("regression", "mae")
    missed = 0
    for seed in range(COMPARISONS):
        sample = np.random.default_rng(seed).normal(size=400)
        found = bootstrap(error, np.zeros(400), sample, seed=seed)
        missed += not found.low <= truth <= found.high
    assert 0 < missed <= most(0.05, COMPARISONS)


@pytest.mark.slow
@pytest.mark.parametrize("rows", AT_THE_BOUND)
def test_a_model_exactly_at_its_floor_is_let_through_as_seldom_as_stated(rows):
    passed, tries = 0, 100
    floor = Floor(metric="mae", reach=float(np.sqrt(2 / np.pi)))
    for seed in range(tries):
        sample = np.random.default_rng(seed).normal(size=rows)
        (result,) = judge([floor], measure("regression", sample, np.zeros(rows), {}))
        passed += result.passed
    assert passed <= most(AT_THE_BOUND[rows], tries)

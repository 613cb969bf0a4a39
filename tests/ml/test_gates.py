from dataclasses import replace

import numpy as np
import pytest

from platform_assets.ml.figures import Figures, measure
from platform_assets.ml.gates import judge, overall
from platform_assets.ml.intervals import Interval
from platform_assets.ml.metrics import metric
from platform_assets.spec import Beat, Floor, gate_name

NAN = float("nan")


def figures(value=(0.8, 0.75, 0.85), better=(0.1, 0.05, 0.15), name="average_precision"):
    task = "regression" if name == "mae" else "binary"
    return Figures(
        task=task,
        rows=1000,
        telling=300,
        values={"candidate": {name: Interval(*value)}},
        improvements={"linear": {name: Interval(*better)}},
    )


def one(gate, found):
    results = judge([gate], found)
    assert len(results) == 1
    return results[0]


FLOORS = [
    # reach, verdict; the figure is 0.8 (0.75 to 0.85)
    (0.75, "pass"),
    (0.76, "inconclusive"),
    (0.8, "inconclusive"),
    (0.85, "inconclusive"),
    (0.86, "fail"),
]


@pytest.mark.parametrize(("reach", "outcome"), FLOORS)
def test_a_floor_is_reached_by_the_whole_interval(reach, outcome):
    result = one(Floor(metric="average_precision", reach=reach), figures())
    assert (result.outcome, result.observed, result.threshold) == (outcome, 0.8, reach)
    assert (result.low, result.high) == (0.75, 0.85)
    assert result.passed is (outcome == "pass")


@pytest.mark.parametrize(
    ("reach", "outcome"), [(50, "pass"), (44, "inconclusive"), (38, "inconclusive"), (37, "fail")]
)
def test_a_floor_on_an_error_is_a_ceiling(reach, outcome):
    found = figures((44, 38, 50), name="mae")
    result = one(Floor(metric="mae", reach=reach), found)
    assert result.outcome == outcome
    assert f"at most {reach} is asked for" in result.message


BEATEN = [
    # by, improvement with its interval, verdict
    (0.0, (0.10, 0.05, 0.15), "pass"),
    (0.0, (0.10, -0.01, 0.21), "inconclusive"),
    (0.0, (0.10, 0.0, 0.20), "inconclusive"),
    (0.0, (-0.01, -0.02, 0.0), "fail"),
    (0.0, (0.0, 0.0, 0.0), "fail"),
    (0.08, (0.10, 0.08, 0.12), "pass"),
    (0.08, (0.10, 0.01, 0.19), "inconclusive"),
    (0.08, (0.07, 0.05, 0.09), "inconclusive"),
    (0.08, (0.05, 0.03, 0.07), "fail"),
    (-0.02, (-0.01, -0.015, -0.005), "pass"),
    (-0.02, (0.00, 0.00, 0.00), "pass"),
    (-0.02, (0.00, -0.03, 0.03), "inconclusive"),
    (-0.02, (-0.03, -0.04, -0.02), "inconclusive"),
    (-0.02, (-0.04, -0.05, -0.03), "fail"),
]


@pytest.mark.parametrize(("by", "better", "outcome"), BEATEN)
def test_a_reference_is_beaten_by_the_whole_interval(by, better, outcome):
    gate = Beat(metric="average_precision", beat="linear", by=by)
    result = one(gate, figures(better=better))
    assert result.outcome == outcome
    assert (result.observed, result.low, result.high) == better


def test_an_inconclusive_gate_says_how_many_rows_would_tell():
    """An interval twice too wide on one side wants four times the rows."""
    gate = Beat(metric="average_precision", beat="linear")
    result = one(gate, figures(better=(0.1, -0.1, 0.2)))
    assert result.rows_needed == 4000
    assert "improves on linear by 0.1 (-0.1 to 0.2)" in result.message
    assert "more rows needed, about 4,000 in the holdout (now 1,000)" in result.message


def test_a_figure_on_the_threshold_is_not_settled_by_more_rows():
    result = one(Floor(metric="average_precision", reach=0.8), figures())
    assert (result.outcome, result.rows_needed) == ("inconclusive", None)
    assert "too close to what is asked for that more rows would" in result.message


def test_a_settled_gate_asks_for_no_rows():
    for reach in (0.7, 0.9):
        result = one(Floor(metric="average_precision", reach=reach), figures())
        assert result.rows_needed is None
        assert "inconclusive" not in result.message


@pytest.mark.parametrize(
    ("outcomes", "together"),
    [
        (["pass", "pass"], "pass"),
        (["pass", "inconclusive"], "inconclusive"),
        (["inconclusive", "fail", "pass"], "fail"),
        ([], "fail"),
    ],
)
def test_gates_together_are_as_good_as_the_worst(outcomes, together):
    settled = one(Floor(metric="average_precision", reach=0.1), figures())
    assert overall([replace(settled, outcome=outcome) for outcome in outcomes]) == together


def test_without_a_champion_there_is_nothing_to_beat():
    result = one(Beat(metric="average_precision", beat="champion"), figures())
    assert (result.outcome, result.message, result.observed) == (
        "pass",
        "no other champion to beat",
        None,
    )


def test_a_champion_on_which_the_metric_is_undefined_is_not_an_absent_champion():
    found = figures()
    undefined = {"average_precision": Interval(NAN, NAN, NAN)}
    found = Figures("binary", 1000, 300, found.values, {"champion": undefined})
    result = one(Beat(metric="average_precision", beat="champion"), found)
    assert result.outcome == "fail"
    assert "beside champion is undefined on these rows" in result.message


@pytest.mark.parametrize("value", [(NAN, NAN, NAN), (0.9, NAN, NAN)])
def test_an_undefined_figure_fails_its_gate(value):
    result = one(Floor(metric="average_precision", reach=0.1), figures(value))
    assert (result.outcome, result.observed) == ("fail", None)
    assert "is undefined on these rows, and what is not known does not pass" in result.message


@pytest.mark.parametrize(
    "gate", [Floor(metric="roc_auc", reach=0.1), Beat(metric="roc_auc", beat="dummy")]
)
def test_a_figure_that_was_not_measured_fails_its_gate(gate):
    result = one(gate, figures())
    assert result.outcome == "fail"
    assert "was not measured" in result.message


def test_results_carry_the_names_of_their_checks_in_order():
    gates = [
        Beat(metric="brier", beat="dummy"),
        Floor(metric="average_precision", reach=0.5),
    ]
    assert [result.name for result in judge(gates, figures())] == list(map(gate_name, gates))


def test_the_same_model_again_is_no_loss_but_no_gain_either():
    y, score = noisy(0)
    found = measure("binary", y, score, {"champion": score})
    tolerant = Beat(metric="average_precision", beat="champion", by=-0.01)
    strict = Beat(metric="average_precision", beat="champion", by=0.001)
    assert one(tolerant, found).passed
    assert not one(strict, found).passed


def test_equally_good_models_seldom_beat_each_other():
    """At zero the rule asks for a lower end above zero: about one in forty by chance."""
    gate = Beat(metric="roc_auc", beat="champion", by=1e-9)
    wins = 0
    for seed in range(100):
        y, score = noisy(seed)
        found = measure("binary", y, score, {"champion": noisy(seed, other=1)[1]}, samples=100)
        wins += one(gate, found).passed
    assert wins <= 7


def test_a_planted_loss_is_caught():
    y, score = noisy(0, rows=4000)
    spoilt = np.where(np.arange(4000) % 10 == 0, 0.5, score)
    found = measure("binary", y, spoilt, {"champion": score})
    assert metric("binary", "roc_auc")(y, score) - metric("binary", "roc_auc")(y, spoilt) > 0.01
    assert not one(Beat(metric="roc_auc", beat="champion", by=-0.01), found).passed


def noisy(seed, other=0, rows=300):
    draw = np.random.default_rng(seed)
    y = (draw.random(rows) < 0.3).astype(int)
    noise = np.random.default_rng([seed, other]).normal(0, 0.6, rows)
    return y, 1 / (1 + np.exp(-(y - 0.5 + noise)))


def test_no_gate_passes_on_too_few_rows_of_the_rarer_classes():
    few = replace(figures(), telling=12)
    for gate in (
        Floor(metric="average_precision", reach=0.7),
        Beat(metric="average_precision", beat="linear"),
    ):
        result = one(gate, few)
        assert (result.outcome, result.rows_needed) == ("inconclusive", 1667)
        assert "an interval from 12 held-out rows of the rarer classes says too little" in (
            result.message
        )
        assert one(gate, replace(few, telling=20)).passed
    assert one(Floor(metric="average_precision", reach=0.9), few).outcome == "fail"

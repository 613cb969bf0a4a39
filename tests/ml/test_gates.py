import numpy as np
import pytest

from platform_assets.ml.figures import Figures, measure
from platform_assets.ml.gates import judge
from platform_assets.ml.intervals import Interval
from platform_assets.ml.metrics import metric
from platform_assets.spec import Beat, Floor, gate_name

NAN = float("nan")


def figures(value=(0.8, 0.75, 0.85), better=(0.1, 0.05, 0.15), name="average_precision"):
    task = "regression" if name == "mae" else "binary"
    return Figures(
        task=task,
        rows=1000,
        values={"candidate": {name: Interval(*value)}},
        improvements={"linear": {name: Interval(*better)}},
    )


def one(gate, found):
    results = judge([gate], found)
    assert len(results) == 1
    return results[0]


@pytest.mark.parametrize(("reach", "passed"), [(0.8, True), (0.79, True), (0.81, False)])
def test_a_floor_is_reached_by_the_figure_itself(reach, passed):
    result = one(Floor(metric="average_precision", reach=reach), figures())
    assert (result.passed, result.observed, result.threshold) == (passed, 0.8, reach)
    assert (result.low, result.high) == (0.75, 0.85)


@pytest.mark.parametrize(("reach", "passed"), [(44, True), (43, False)])
def test_a_floor_on_an_error_is_a_ceiling(reach, passed):
    found = figures((44, 38, 50), name="mae")
    result = one(Floor(metric="mae", reach=reach), found)
    assert result.passed is passed
    assert f"at most {reach} is asked for" in result.message


def test_a_floor_within_the_interval_is_said_to_be_close():
    close = one(Floor(metric="average_precision", reach=0.78), figures())
    clear = one(Floor(metric="average_precision", reach=0.6), figures())
    assert "might fall on the other side" in close.message
    assert "other side" not in clear.message


BEATEN = [
    # by, improvement with its interval, verdict
    (0.0, (0.10, 0.05, 0.15), True),
    (0.0, (0.10, -0.01, 0.21), False),
    (0.0, (-0.01, -0.02, 0.0), False),
    (0.08, (0.10, 0.01, 0.19), True),
    (0.08, (0.07, 0.05, 0.09), False),
    (0.08, (0.20, -0.01, 0.41), False),
    (-0.02, (-0.01, -0.015, -0.005), True),
    (-0.02, (0.00, -0.03, 0.03), False),
    (-0.02, (-0.03, -0.04, -0.02), False),
    (-0.02, (0.00, 0.00, 0.00), True),
]


@pytest.mark.parametrize(("by", "better", "passed"), BEATEN)
def test_a_reference_is_beaten_by_enough_and_beyond_chance(by, better, passed):
    gate = Beat(metric="average_precision", beat="linear", by=by)
    result = one(gate, figures(better=better))
    assert result.passed is passed
    assert (result.observed, result.low, result.high) == better


def test_an_improvement_that_may_be_chance_asks_for_more_rows():
    gate = Beat(metric="average_precision", beat="linear")
    message = one(gate, figures(better=(0.1, -0.01, 0.2))).message
    assert "improves on linear by 0.1 (-0.01 to 0.2)" in message
    assert "that may be chance, and more rows would tell" in message


def test_without_a_champion_there_is_nothing_to_beat():
    result = one(Beat(metric="average_precision", beat="champion"), figures())
    assert (result.passed, result.message, result.observed) == (True, "no champion yet", None)


def test_a_champion_on_which_the_metric_is_undefined_is_not_an_absent_champion():
    found = figures()
    undefined = {"average_precision": Interval(NAN, NAN, NAN)}
    found = Figures("binary", 1000, found.values, {"champion": undefined})
    result = one(Beat(metric="average_precision", beat="champion"), found)
    assert not result.passed
    assert "beside champion is undefined on these rows" in result.message


@pytest.mark.parametrize("value", [(NAN, NAN, NAN), (0.9, NAN, NAN)])
def test_an_undefined_figure_fails_its_gate(value):
    result = one(Floor(metric="average_precision", reach=0.1), figures(value))
    assert (result.passed, result.observed) == (False, None)
    assert "is undefined on these rows, and what is not known does not pass" in result.message


@pytest.mark.parametrize(
    "gate", [Floor(metric="roc_auc", reach=0.1), Beat(metric="roc_auc", beat="dummy")]
)
def test_a_figure_that_was_not_measured_fails_its_gate(gate):
    result = one(gate, figures())
    assert not result.passed
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

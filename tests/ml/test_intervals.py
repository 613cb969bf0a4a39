import numpy as np
import pytest

from platform_assets.ml.figures import measure
from platform_assets.ml.intervals import (
    Interval,
    bootstrap,
    interval,
    reach,
    rows_to_tell,
    telling_rows,
)
from platform_assets.ml.metrics import metric, metric_names

MAE = metric("regression", "mae")
PRECISION = metric("binary", "average_precision")


def ranked(seed, rows=4000, positives=60, signal=0.5):
    draw = np.random.default_rng(seed)
    y = np.zeros(rows)
    y[:positives] = 1
    return y, np.clip(draw.random(rows) * 0.6 + y * signal * draw.random(rows), 0, 1)


def improvement(task, name, y, score, other):
    """What one model gains on another by one metric, with its interval."""
    return measure(task, y, score, {"other": other}).improvements["other"][name]


def test_an_interval_holds_the_plain_figure():
    y, score = ranked(0)
    found = bootstrap(PRECISION, y, score)
    assert found.value == PRECISION(y, score)
    assert found.low < found.value < found.high


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    y, score = ranked(0)
    assert bootstrap(PRECISION, y, score, seed=5) == bootstrap(PRECISION, y, score, seed=5)
    assert bootstrap(PRECISION, y, score, seed=5) != bootstrap(PRECISION, y, score, seed=6)


def test_an_interval_is_narrower_with_more_rows():
    draw = np.random.default_rng(1)
    error = draw.normal(size=6400)
    few = bootstrap(MAE, np.zeros(100), error[:100])
    many = bootstrap(MAE, np.zeros(6400), error)
    assert few.high - few.low > 4 * (many.high - many.low)


def test_an_interval_of_a_mean_is_as_wide_as_theory_says():
    draw = np.random.default_rng(2)
    error = np.abs(draw.normal(size=2000))
    found = bootstrap(MAE, np.zeros(2000), error, samples=2000)
    expected = 2 * 1.96 * error.std() / np.sqrt(2000)
    assert found.high - found.low == pytest.approx(expected, rel=0.1)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    truth = np.sqrt(2 / np.pi)
    hits = 0
    for seed in range(200):
        error = np.random.default_rng(seed).normal(size=300)
        found = bootstrap(MAE, np.zeros(300), error, samples=100, seed=seed)
        hits += found.low <= truth <= found.high
    assert 178 <= hits <= 198


def test_intervals_of_few_rows_hold_the_truth_nearly_as_often():
    """Ends at the quantiles of the draws alone missed the truth in 9 of 100, two in one direction
    for each one that is stated."""
    truth, tries = np.sqrt(2 / np.pi), 400
    missed = 0
    for seed in range(tries):
        error = np.random.default_rng(seed).normal(size=20)
        found = bootstrap(MAE, np.zeros(20), error, seed=seed)
        missed += not found.low <= truth <= found.high
    assert 0.03 * tries < missed < 0.07 * tries


def test_the_ends_leave_out_as_many_draws_as_stated():
    drawn = np.arange(1.0, 200.0)
    assert interval(100.0, drawn, 10**9) == Interval(100.0, pytest.approx(5), pytest.approx(195))


@pytest.mark.parametrize(("rows", "low"), [(1, 1), (2, 1), (8, 1.15), (20, 3.18), (100, 4.62)])
def test_the_ends_of_few_rows_are_further_out(rows, low):
    found = interval(100.0, np.arange(1.0, 200.0), rows)
    assert (found.low, found.high) == pytest.approx((low, 200 - low), abs=0.01)


def test_the_reach_is_that_of_students_distribution_for_an_unbiased_spread():
    assert reach(20, 0.025) == pytest.approx(2.0930 * np.sqrt(20 / 19), abs=1e-3)


def test_classes_tell_as_much_as_they_have_rows_besides_the_most_common():
    assert telling_rows(np.repeat([0, 1, 2], [90, 7, 3]), classes=True) == 10
    assert telling_rows(np.zeros(5), classes=True) == 0
    assert telling_rows(np.zeros(5), classes=False) == 5


def test_three_positives_among_thousands_are_in_every_resample():
    y, score = ranked(0, positives=3)
    found = bootstrap(PRECISION, y, score)
    assert found.known
    assert found.low > 0


def test_a_metric_undefined_on_the_rows_gives_an_unknown_interval():
    assert not bootstrap(PRECISION, np.zeros(50), np.linspace(0, 1, 50)).known


@pytest.mark.parametrize("name", ["mae", "r2"])
def test_a_better_model_improves_whatever_the_direction(name):
    draw = np.random.default_rng(4)
    y = draw.normal(size=400)
    good, bad = y + draw.normal(0, 0.1, 400), y + draw.normal(0, 1, 400)
    found = improvement("regression", name, y, good, bad)
    assert 0 < found.low < found.value < found.high


def test_a_model_beside_itself_differs_by_exactly_nothing():
    y, score = ranked(0)
    found = improvement("binary", "average_precision", y, score, score)
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_a_paired_difference_is_surer_than_two_intervals_side_by_side():
    draw = np.random.default_rng(5)
    y = draw.normal(size=500)
    shared = draw.normal(size=500)
    better, worse = y + shared, y + 1.1 * shared
    paired = improvement("regression", "mae", y, better, worse)
    alone = bootstrap(MAE, y, better)
    assert paired.low > 0
    assert paired.high - paired.low < (alone.high - alone.low) / 4


def test_measuring_at_once_gives_what_single_bootstraps_give():
    y, score = ranked(0)
    other = ranked(1, signal=0.2)[1]
    figures = measure("binary", y, score, {"linear": other}, samples=50, seed=9)
    for name in metric_names("binary"):
        one = metric("binary", name)
        kept = {"samples": 50, "seed": 9}
        assert figures.candidate[name] == bootstrap(one, y, score, **kept)
        assert figures.values["linear"][name] == bootstrap(one, y, other, **kept)
        gained = one.improvement(one(y, score), one(y, other))
        assert figures.improvements["linear"][name].value == gained


def test_figures_of_a_multiclass_model_count_its_rows_and_references():
    draw = np.random.default_rng(6)
    y = draw.integers(0, 3, 90)
    blind, sure = np.full((90, 3), 1 / 3), np.eye(3)[y] * 0.8 + 0.1
    figures = measure("multiclass", y, sure, {"dummy": blind}, samples=20)
    assert figures.rows == 90
    assert figures.candidate["accuracy"].value == 1
    assert set(figures.improvements) == {"dummy"}
    assert figures.improvements["dummy"]["log_loss"].low > 0


@pytest.mark.parametrize(
    ("found", "threshold", "needed"),
    [
        (Interval(0.8, 0.7, 0.9), 0.75, 400),
        (Interval(0.8, 0.7, 0.9), 0.85, 400),
        (Interval(0.8, 0.77, 0.9), 0.79, 900),
        (Interval(0.8, 0.7, 0.9), 0.701, 110),
        (Interval(0.8, 0.7, 0.9), 0.8, None),
        (Interval(0.8, 0.7, 0.9), 0.799, None),
    ],
)
def test_rows_grow_with_the_square_of_how_much_too_wide_an_interval_is(found, threshold, needed):
    assert rows_to_tell(found, threshold, rows=100) == needed


def test_with_as_many_rows_as_asked_for_an_interval_tells():
    draw = np.random.default_rng(3)
    error = np.abs(draw.normal(size=40_000))
    few = bootstrap(MAE, np.zeros(400), error[:400])
    threshold = few.value + (few.high - few.value) / 2
    enough = rows_to_tell(few, threshold, 400)
    assert 1200 < enough < 2000
    many = bootstrap(MAE, np.zeros(enough), error[:enough])
    assert many.high - many.value < threshold - few.value + 0.01

"""What holds of every metric, interval and gate, whatever was scored."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics as sk

from platform_assets.ml.figures import measure
from platform_assets.ml.gates import judge
from platform_assets.ml.intervals import bootstrap
from platform_assets.ml.metrics import metric, metric_names
from platform_assets.spec import Beat, Floor

# Few different scores, so that ties are the rule.
SCORES = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.5, 0.9, 1.0])
BINARY = st.lists(st.tuples(st.sampled_from([0, 1]), SCORES), min_size=2, max_size=40)
MEASURED = st.lists(
    st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=2, max_size=40
).map(lambda rows: np.array(rows, dtype=float).T)
RANKINGS = ("average_precision", "roc_auc", "recall_at_top_1pct")
OURS_AND_THEIRS = [
    ("average_precision", sk.average_precision_score),
    ("roc_auc", sk.roc_auc_score),
    ("brier", sk.brier_score_loss),
]


@st.composite
def both_classes(draw):
    """Outcomes and scores with at least one row of each class."""
    rows = np.array(draw(BINARY))
    assume(0 < rows[:, 0].sum() < len(rows))
    return rows[:, 0], rows[:, 1]


@given(both_classes(), st.sampled_from(OURS_AND_THEIRS))
def test_a_metric_agrees_with_scikit_learn_however_scores_are_tied(rows, pair):
    name, theirs = pair
    assert metric("binary", name)(*rows) == pytest.approx(theirs(*rows))


@given(both_classes(), st.sampled_from(RANKINGS))
def test_a_ranking_looks_at_the_order_of_scores_alone(rows, name):
    y, score = rows
    one = metric("binary", name)
    assert one(y, score) == pytest.approx(one(y, np.exp(3 * score) - 7))


@given(both_classes(), st.sampled_from(metric_names("binary")), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_metric(rows, name, random):
    y, score = rows
    order = list(range(len(y)))
    random.shuffle(order)
    one = metric("binary", name)
    assert one(y[order], score[order]) == pytest.approx(one(y, score))


@given(both_classes(), st.sampled_from(metric_names("binary")))
def test_a_row_weighed_twice_is_a_row_that_stands_twice(rows, name):
    y, score = rows
    weight = np.ones(len(y))
    weight[0] = 2
    one = metric("binary", name)
    doubled = one(np.append(y, y[0]), np.append(score, score[0]))
    assert one.prepare(y, score)(weight) == pytest.approx(doubled)


@given(both_classes())
def test_turning_scores_round_turns_the_ranking_round(rows):
    y, score = rows
    auc = metric("binary", "roc_auc")
    assert auc(y, -score) == pytest.approx(1 - auc(y, score))


@given(MEASURED, st.sampled_from(["mae", "rmse"]))
def test_an_error_is_zero_for_the_truth_alone(rows, name):
    y, score = rows
    error = metric("regression", name)
    assert error(y, y) == 0
    assert (error(y, score) == 0) == bool((y == score).all())


@given(MEASURED)
def test_the_root_of_squares_is_never_below_the_mean_error(rows):
    mae, rmse = (metric("regression", name)(*rows) for name in ("mae", "rmse"))
    assert rmse >= mae - 1e-9


@given(MEASURED, st.sampled_from(metric_names("regression")))
def test_an_interval_holds_its_ends_in_order(rows, name):
    found = bootstrap(metric("regression", name), *rows, samples=25)
    if found.known:
        assert found.low <= found.high


@given(both_classes(), st.integers(0, 3))
def test_equal_rows_and_seed_give_an_equal_interval(rows, seed):
    auc = metric("binary", "roc_auc")
    one, other = (bootstrap(auc, *rows, samples=25, seed=seed) for _ in range(2))
    assert one == other


@given(both_classes(), st.sampled_from(metric_names("binary")))
def test_what_one_model_gains_the_other_loses(rows, name):
    y, score = rows
    one, other = score, np.roll(score, 1)
    gain = measure("binary", y, one, {"other": other}, samples=25).improvements["other"][name]
    loss = measure("binary", y, other, {"one": one}, samples=25).improvements["one"][name]
    assert gain.value == pytest.approx(-loss.value)
    assert (gain.low, gain.high) == pytest.approx((-loss.high, -loss.low))


@given(both_classes())
def test_the_order_of_references_changes_no_figure(rows):
    y, score = rows
    others = {"dummy": np.full(len(y), 0.5), "linear": np.roll(score, 1)}
    swapped = dict(reversed(others.items()))
    one = measure("binary", y, score, others, samples=10)
    assert measure("binary", y, score, swapped, samples=10) == one


@given(both_classes(), st.floats(0, 1), st.floats(0, 1))
def test_a_gate_that_asks_for_less_is_passed_when_a_stricter_one_is(rows, one, other):
    found = measure("binary", *rows, {"dummy": np.full(len(rows[0]), 0.5)}, samples=25)
    low, high = sorted((one, other))
    for gates in (
        [Floor(metric="roc_auc", reach=asked) for asked in (low, high)],
        [Floor(metric="brier", reach=asked) for asked in (high, low)],
        [Beat(metric="roc_auc", beat="dummy", by=asked) for asked in (low, high)],
        [Beat(metric="roc_auc", beat="dummy", by=asked) for asked in (-high, -low)],
    ):
        lenient, strict = judge(gates, found)
        assert lenient.passed or not strict.passed


@given(both_classes())
def test_no_model_beats_itself(rows):
    found = measure("binary", *rows, {"champion": rows[1]}, samples=25)
    for by in (0.0, 1e-9):
        (result,) = judge([Beat(metric="roc_auc", beat="champion", by=by)], found)
        assert not result.passed

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_assets.errors import TrainingError
from platform_assets.ml.decision import threshold, told
from platform_assets.spec import Threshold

F1 = Threshold()
ROWS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 10)), min_size=2, max_size=40)
COST = st.sampled_from([1.0, 3.0, 20.0])


def example(seed=0, rows=500):
    draw = np.random.default_rng(seed)
    score = draw.random(rows)
    return (draw.random(rows) < score**2).astype(int), score


def cost(y, score, at, alarm, miss):
    called = score >= at
    return alarm * (called & (y == 0)).sum() + miss * (~called & (y == 1)).sum()


@given(ROWS, COST, COST)
def test_no_other_threshold_costs_less(rows, alarm, miss):
    y, score = np.array([one for one, _ in rows]), np.array([at for _, at in rows]) / 11
    asked = Threshold(rule="cost", false_positive=alarm, false_negative=miss)
    found = threshold(y, score, asked)
    if y.any():
        others = [cost(y, score, at, alarm, miss) for at in [*score, 1.0]]
        assert cost(y, score, found, alarm, miss) == min(others)


def test_dear_misses_lower_the_threshold():
    y, score = example()
    at = [
        threshold(y, score, Threshold(rule="cost", false_positive=1, false_negative=miss))
        for miss in (1, 5, 50)
    ]
    assert at[0] > at[1] > at[2]


def test_recall_is_the_highest_at_the_precision_asked_for():
    y, score = example()
    at = threshold(y, score, Threshold(rule="recall_at_precision", precision=0.7))
    assert told(y, score, at)["precision"] >= 0.7
    lower = score[score < at]
    assert all(told(y, score, one)["precision"] < 0.7 for one in lower)


def test_a_precision_that_nothing_reaches_is_refused_with_the_best_there_is():
    y, score = np.array([0, 1, 0, 0]), np.array([0.9, 0.8, 0.2, 0.1])
    with pytest.raises(TrainingError, match=r"the precision 0.9 .* the best is 0\.500"):
        threshold(y, score, Threshold(rule="recall_at_precision", precision=0.9))


def test_a_fixed_threshold_is_taken_as_it_is():
    assert threshold(*example(), Threshold(rule="fixed", value=0.25)) == 0.25


def test_without_a_positive_row_there_is_nothing_to_choose_by():
    assert threshold(np.zeros(3, dtype=int), np.array([0.1, 0.2, 0.9]), F1) == 0.5


def test_what_a_threshold_does_is_told():
    y, score = np.array([0, 1, 1, 0]), np.array([0.9, 0.8, 0.2, 0.1])
    assert told(y, score, 0.5) == {"precision": 0.5, "recall": 0.5, "share_positive": 0.5}

import numpy as np
import pandas as pd
import pytest

from platform_assets.ml.found_groups import found_groups, losses
from platform_assets.ml.metrics import metric
from platform_assets.ml.slices import slices
from platform_assets.spec import Slices

MAE = metric("regression", "mae")
ROWS = 2_000


def frame(seed=0):
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "amount": draw.uniform(0, 500, ROWS),
            "entry_mode": draw.choice(["chip", "online", "magstripe"], ROWS),
            "hour": draw.integers(0, 24, ROWS),
        }
    )


def found(score, rows=None, y=None, one=MAE, **asked):
    spec = Slices(**({"minimum_rows": 50} | asked))
    return found_groups(
        one, np.zeros(ROWS) if y is None else y, score, frame() if rows is None else rows, spec
    )


@pytest.fixture(scope="module")
def planted():
    """Online payments above 250 are predicted badly."""
    rows = frame()
    bad = (rows["amount"] > 250) & (rows["entry_mode"] == "online")
    return bad, 1 + 9 * bad + np.random.default_rng(1).normal(0, 0.2, ROWS)


def test_a_bad_corner_is_found_and_named(planted):
    bad, score = planted
    first = found(score)[0]
    assert first.value.startswith("amount > 2")
    assert first.value.endswith(" and entry_mode is online")
    assert bad[first.held].mean() > 0.95


def test_a_group_is_measured_on_rows_that_did_not_choose_it(planted):
    bad, score = planted
    first = found(score)[0]
    assert 0.4 < first.rows / bad.sum() < 0.6
    others = np.random.default_rng(2).normal(size=ROWS)
    same = np.where(first.held, others, score)
    assert found(same)[0].held.tolist() == first.held.tolist()


def test_what_is_found_in_noise_is_not_bad_beyond_chance():
    """Where all rows are alike, the search still brings something, and the other half clears it."""
    judged = []
    for seed in range(20):
        noise = np.abs(np.random.default_rng(seed).normal(size=ROWS))
        judged += slices(MAE, np.zeros(ROWS), noise, np.full(ROWS, 5.0), found(noise))
    assert len(judged) > 10
    assert sum(one.gap.low > 0 for one in judged) <= 2


def test_no_more_are_found_than_asked_for_and_none_if_none(planted):
    assert len(found(planted[1], found=1)) == 1
    assert found(planted[1], found=0) == []


def test_too_few_rows_are_not_searched(planted):
    assert found(planted[1], minimum_rows=600) == []


def test_classes_are_judged_by_the_surprise_at_what_happened():
    y = np.array([0, 1])
    assert losses(y, np.array([0.2, 0.5]), classes=True) == pytest.approx(-np.log([0.8, 0.5]))
    several = np.array([[0.1, 0.9, 0.0], [0.2, 0.3, 0.5]])
    assert losses(y, several, classes=True) == pytest.approx(-np.log([0.1, 0.3]))


def test_equal_rows_give_equal_groups(planted):
    first, again = found(planted[1]), found(planted[1])
    assert [one.value for one in first] == [one.value for one in again]

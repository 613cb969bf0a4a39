import numpy as np
import pytest

from platform_assets.ml.importance import importances, rows_asked, useless
from platform_assets.ml.metrics import metric

MAE = metric("regression", "mae")


class Sum:
    """A model of two columns, the first of which counts three times; it ignores the third."""

    asked = 0

    def score(self, columns):
        Sum.asked += len(columns["much"])
        return 3 * columns["much"] + columns["little"]


def columns(rows=300, seed=0):
    draw = np.random.default_rng(seed)
    return {name: draw.normal(size=rows) for name in ("little", "much", "nothing")}


@pytest.fixture(scope="module")
def found():
    rows = columns()
    return importances(MAE, Sum().score(rows), rows, Sum())


def test_what_counts_most_comes_first(found):
    assert [one.feature for one in found] == ["much", "little", "nothing"]
    assert found[0].loss.low > found[1].loss.high


def test_a_feature_that_is_ignored_is_useless_and_the_others_are_not(found):
    assert useless(found) == ["nothing"]
    assert found[-1].loss.value == 0


def test_a_feature_of_noise_is_not_taken_for_useful():
    """The target has nothing to do with the column, which the model believes in."""
    rows = columns()
    y = 3 * rows["much"] + np.random.default_rng(5).normal(size=300)
    assert "little" in useless(importances(MAE, y, rows, Sum()))


def test_worth_is_told_in_the_metrics_better_direction():
    rows = columns()
    y = (Sum().score(rows) > 0).astype(int)
    found = importances(metric("binary", "roc_auc"), y, rows, Sum())
    assert 0.1 < found[0].loss.low < found[0].loss.high < 0.6


def test_no_more_values_are_scored_than_promised():
    rows = columns(200_000)
    Sum.asked = 0
    importances(MAE, rows["much"], rows, Sum())
    assert rows_asked(200_000, 3) == 20_000
    assert Sum.asked <= 20_000 * (1 + 3 * 4)
    assert rows_asked(200_000, 280) == 1_000


def test_equal_rows_and_seeds_give_equal_findings(found):
    rows = columns()
    assert importances(MAE, Sum().score(rows), rows, Sum()) == found

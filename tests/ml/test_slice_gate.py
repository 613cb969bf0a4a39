import numpy as np
import pytest

from platform_assets.ml.intervals import Interval
from platform_assets.ml.metrics import metric
from platform_assets.ml.slice_gate import slices_hold
from platform_assets.ml.slices import Slice
from platform_assets.spec import Slices

AUC, MAE = metric("binary", "roc_auc"), metric("regression", "mae")


def around(value, reach=0.02):
    return Interval(value, value - reach, value + reach)


def group(figure=0.8, gap=0.1, lead=0.3, reach=0.02, value="web"):
    return Slice("channel", value, 200, around(figure), around(gap, reach), around(lead, reach))


def judged(*found, one=AUC, whole=0.9, **bounds):
    return slices_hold(one, whole, found, Slices(**bounds))


def test_groups_ahead_of_the_dummy_pass_without_any_bound():
    result = judged(group(), group(lead=0.1))
    assert (result.name, result.outcome, result.threshold) == ("slices_hold", "pass", 0)
    assert result.observed == 0.1
    assert result.message == "2 groups judged, none is bad beyond chance"


def test_a_group_behind_the_dummy_fails_and_is_named():
    result = judged(group(), group(lead=-0.1, value="shop"))
    assert result.outcome == "fail"
    assert "where channel is shop (worse than the dummy by 0.1 (0.08 to 0.12))" in result.message


def test_a_group_behind_the_dummy_by_chance_passes_and_is_told():
    result = judged(group(lead=-0.1, reach=0.2))
    assert result.outcome == "pass"
    assert "in 1 the rows are too few to be sure" in result.message


@pytest.mark.parametrize(("allowed", "outcome"), [(0.05, "fail"), (0.09, "pass"), (0.2, "pass")])
def test_a_gap_fails_if_it_is_larger_than_allowed_beyond_chance(allowed, outcome):
    result = judged(group(gap=0.1), max_gap=allowed)
    assert (result.outcome, result.observed, result.threshold) == (outcome, 0.1, allowed)


@pytest.mark.parametrize(
    ("one", "whole", "gap", "floor", "outcome"),
    [
        (AUC, 0.9, 0.1, 0.85, "fail"),
        (AUC, 0.9, 0.1, 0.81, "pass"),
        (MAE, 2.0, 0.5, 2.3, "fail"),
        (MAE, 2.0, 0.5, 2.6, "pass"),
    ],
)
def test_a_floor_fails_in_the_metrics_worse_direction(one, whole, gap, floor, outcome):
    assert judged(group(gap=gap), one=one, whole=whole, floor=floor).outcome == outcome


def test_a_group_without_a_figure_is_not_judged():
    unknown = Slice("channel", "web", 200, *[Interval(np.nan, np.nan, np.nan)] * 3)
    result = judged(unknown)
    assert (result.outcome, result.observed) == ("pass", None)
    assert "none is judged" in result.message
    assert "1 groups judged" in judged(unknown, group()).message


def test_many_bad_groups_are_counted():
    assert "; and 2 more" in judged(*[group(lead=-0.1)] * 5).message

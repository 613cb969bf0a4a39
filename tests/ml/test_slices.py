import numpy as np
import pandas as pd
import pytest

from platform_assets.ml.metrics import metric
from platform_assets.ml.slices import named_groups, slices, worst
from platform_assets.spec import Slices

MAE = metric("regression", "mae")
Y = np.zeros(400)


def found(score, columns=None, minimum=20, one=MAE, y=Y, **frame):
    asked = Slices(columns=columns or list(frame), minimum_rows=minimum)
    judged = named_groups(pd.DataFrame(frame), asked)
    return slices(one, y, score, np.full(len(y), 3.0 if one is MAE else 0.5), judged)


def test_the_group_with_the_largest_error_comes_first():
    place = np.repeat(["a", "b", "c", "d"], 100)
    error = np.repeat([1.0, 5.0, 2.0, 3.0], 100)
    groups = found(error, place=place)
    assert [one.value for one in groups] == ["b", "d", "c", "a"]
    assert [one.figure.value for one in groups] == [5, 3, 2, 1]
    assert worst(groups) == groups[0]


def test_the_group_with_the_least_merit_comes_first():
    y = np.tile([0, 1], 200)
    score = np.where(np.arange(400) < 200, y * 0.8 + 0.1, 0.5)
    groups = found(
        score, one=metric("binary", "roc_auc"), y=y, half=np.repeat(["good", "bad"], 200)
    )
    assert [one.value for one in groups] == ["bad", "good"]


def test_groups_of_too_few_rows_are_not_judged():
    place = np.repeat(["large", "small"], [381, 19])
    assert [one.value for one in found(np.ones(400), place=place)] == ["large"]


def test_a_number_of_many_values_is_cut_into_quarters_that_hold_every_row():
    groups = found(np.ones(400), age=np.arange(400.0))
    assert [one.rows for one in groups] == [100, 100, 100, 100]
    assert {one.value for one in groups} >= {"0 to 99.75"}


def test_a_number_of_few_values_is_judged_by_value():
    groups = found(np.ones(400), hour=np.tile([1.0, 2.0], 200))
    assert {one.value for one in groups} == {"1", "2"}


def test_missing_values_are_a_group_of_their_own():
    age = np.where(np.arange(400) < 40, np.nan, np.arange(400))
    word = np.where(np.arange(400) < 40, None, "x")
    groups = found(np.ones(400), age=age, word=word)
    assert [one.rows for one in groups if one.value == "(missing)"] == [40, 40]


def test_a_group_without_positives_comes_last_and_is_never_the_worst():
    y = np.where(np.arange(400) < 200, np.tile([0, 1], 200), 0)
    score = np.linspace(0, 1, 400)
    precision = metric("binary", "average_precision")
    groups = found(score, one=precision, y=y, half=np.repeat(["some", "none"], 200))
    assert groups[-1].value == "none"
    assert worst(groups).value == "some"
    assert worst([groups[-1]]) is None


def test_a_group_of_one_class_that_is_answered_wrongly_is_judged():
    y = np.repeat([0, 1], [100, 300])
    brier = metric("binary", "brier")
    place = np.repeat(["wrong", "right"], [100, 300])
    wrong = worst(found(np.ones(400), one=brier, y=y, place=place))
    assert (wrong.value, wrong.figure.value) == ("wrong", 1)
    assert wrong.gap.known
    assert wrong.gap.low > 0.5


def test_a_group_has_an_interval_of_its_own():
    draw = np.random.default_rng(0)
    place = np.repeat(["few", "many"], [40, 360])
    few, many = sorted(found(draw.normal(size=400), place=place), key=lambda one: one.rows)
    assert few.figure.high - few.figure.low > many.figure.high - many.figure.low


@pytest.mark.parametrize("values", [[True, False], ["(missing)", None]])
def test_any_kind_of_column_can_be_cut(values):
    column = np.array(values * 200, dtype=object)
    assert sum(one.rows for one in found(np.ones(400), any=column)) == 400


def test_no_columns_no_groups():
    assert found(np.ones(400)) == []


def test_a_group_says_how_far_it_is_behind_the_whole_and_ahead_of_the_dummy():
    place = np.repeat(["good", "bad"], 200)
    bad, good = found(np.repeat([1.0, 2.0], 200), place=place)
    assert (bad.words, bad.gap.value, bad.lead.value) == ("place is bad", 0.5, 1.0)
    assert (good.gap.value, good.lead.value) == (-0.5, 2.0)


def test_the_more_groups_are_looked_at_the_less_a_bad_one_says():
    """The worst of many is always bad, so each interval has to be wider."""
    score = np.abs(np.random.default_rng(0).normal(size=400))
    few = found(score, half=np.tile(["a", "b"], 200))
    many = found(score, half=np.tile(["a", "b"], 200), tenth=np.tile(np.arange(10.0), 40))
    wide, narrow = (next(one for one in some if one.value == "a").gap for some in (many, few))
    assert wide.high - wide.low > narrow.high - narrow.low

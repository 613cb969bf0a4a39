import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_assets.ml.space import candidates, on_edge
from platform_assets.spec import Range, Search

DEFAULTS = {"ridge__alpha": 1.0, "tree__depth": 3}


def tried(trials, seed=0, **space):
    return candidates(DEFAULTS, Search(trials=trials, space=space), seed)


@given(st.integers(1, 30), st.integers(0, 5), st.booleans())
def test_numbers_of_a_range_stay_within_both_ends_and_none_is_tried_twice(trials, seed, log):
    drawn = tried(trials, seed, ridge__alpha={"low": 0.01, "high": 10.0, "log": log})
    values = [one["ridge__alpha"] for one in drawn[1:]]
    assert drawn[0] == {}
    assert len(drawn) <= trials
    assert all(0.01 <= value <= 10 for value in values)
    assert len(set(values)) == len(values)


def test_the_seed_decides_what_is_drawn_from_a_range():
    space = {"ridge__alpha": {"low": 0.01, "high": 10.0}}
    assert tried(5, 1, **space) == tried(5, 1, **space)
    assert tried(5, 1, **space) != tried(5, 2, **space)


def test_a_range_between_whole_numbers_gives_whole_numbers_and_both_ends():
    drawn = tried(50, tree__depth={"low": 1, "high": 5})
    values = [one["tree__depth"] for one in drawn[1:]]
    assert sorted(values) == [1, 2, 4, 5]
    assert {type(value) for value in values} == {int}


def test_each_power_of_ten_of_a_log_range_is_drawn_as_often():
    drawn = tried(401, ridge__alpha={"low": 0.001, "high": 1000.0, "log": True})
    below = sum(one["ridge__alpha"] < 1 for one in drawn[1:])
    assert 160 < below < 240


def test_lists_and_ranges_stand_side_by_side():
    drawn = tried(20, ridge__alpha={"low": 0.1, "high": 1.0}, tree__depth=[2, 4])
    assert {one["tree__depth"] for one in drawn[1:]} == {2, 4}


@pytest.mark.parametrize(
    ("tried_", "best", "end"),
    [
        ([1.0, 3.0, 10.0], 10.0, "high"),
        ([10.0, 1.0, 3.0], 1.0, "low"),
        ([1.0, 3.0, 10.0], 3.0, None),
        ([2.0, 3.0], 0.5, "low"),
        ([5.0], 5.0, None),
        (["l1", "l2"], "l1", None),
        ([True, False], True, None),
        (Range(low=0.01, high=10.0, log=True), 9.0, "high"),
        (Range(low=0.01, high=10.0, log=True), 5.0, None),
        (Range(low=0.0, high=1.0), 0.96, "high"),
        (Range(low=1, high=8), 1, "low"),
        (Range(low=1, high=8), 2, None),
    ],
)
def test_a_number_at_an_end_of_what_was_tried_is_told(tried_, best, end):
    said = on_edge({"ridge__alpha": tried_}, DEFAULTS, {"ridge__alpha": best})
    assert [f"the {end} end" in one for one in said] == ([True] if end else [])


def test_defaults_that_won_are_compared_with_what_was_tried():
    assert (
        "ridge__alpha=1.0 is at the low end" in on_edge({"ridge__alpha": [2, 5]}, DEFAULTS, {})[0]
    )

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeRegressor

from platform_assets.ml.tree_words import path_words, questions


def leaves(frame, y, depth=3):
    """The words of each leaf by the mean of `y` there."""
    asked = questions(frame)
    answers = np.column_stack([one.answers for one in asked])
    tree = DecisionTreeRegressor(max_depth=depth, random_state=0).fit(answers, y)
    return {
        float(tree.tree_.value[leaf].item()): path_words(tree.tree_, leaf, asked)
        for leaf in np.unique(tree.apply(answers))
    }


def test_bounds_of_one_number_are_said_together():
    amount = np.arange(0.0, 30)
    y = np.select([amount < 10, amount < 20], [0, 1], 2)
    said = leaves(pd.DataFrame({"amount": amount}), y)
    assert said == {0: "amount ≤ 9.5", 1: "9.5 < amount ≤ 19.5", 2: "amount > 19.5"}


def test_integers_are_parted_at_integers():
    hour = np.arange(24)
    assert leaves(pd.DataFrame({"hour": hour}), hour >= 6) == {0: "hour ≤ 5", 1: "hour > 5"}


def test_a_word_that_is_there_makes_those_that_are_not_there_superfluous():
    mode = np.array(["a", "b", "c"] * 10)
    said = leaves(pd.DataFrame({"mode": mode}), np.select([mode == "a", mode == "b"], [0, 1], 2))
    assert said[0] == "mode is a"
    assert all(words.startswith("mode is ") and "is a and" not in words for words in said.values())


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (pd.Series([True, False] * 5), {"flag is true", "flag is not true"}),
        (pd.Series([1.0, None] * 5), {"flag is missing", "flag is not missing"}),
    ],
)
def test_what_is_true_or_missing_is_said_in_words(column, words):
    assert set(leaves(column.to_frame("flag"), np.tile([0, 1], 5), 1).values()) == words


def test_names_and_times_are_not_asked_about():
    names = [f"customer {number}" for number in range(60)]
    times = pd.date_range("2026-01-01", periods=60)
    assert questions(pd.DataFrame({"name": names, "time": times})) == []


def test_a_tree_of_one_leaf_means_all_rows():
    assert leaves(pd.DataFrame({"a": [1.0, 2.0]}), [3, 3]) == {3: "all rows"}

import numpy as np
import pandas as pd
import pytest

from platform_assets.ml.balance import class_balance, number_balance


def classes(**rows):
    return pd.Series([name for name, count in rows.items() for _ in range(count)], dtype=object)


def judged(train, holdout, least=10):
    return class_balance(classes(**train), classes(**holdout), least)


def test_enough_rows_of_each_class_pass():
    found = judged({"no": 400, "yes": 40}, {"no": 100, "yes": 10})
    assert found.passed
    assert found.facts == {"classes": 2, "least_rows": 10, "rarest": "yes", "rows_of_rarest": 10}


def test_too_few_positives_in_one_part_block_with_both_numbers():
    found = judged({"no": 400, "yes": 40}, {"no": 100, "yes": 9})
    assert "yes (40 and 9)" in found.blocking[0]
    assert "checks.min_class_rows" in found.blocking[0]


def test_a_lower_minimum_lets_them_pass():
    assert judged({"no": 400, "yes": 40}, {"no": 100, "yes": 9}, least=9).passed


def test_a_rare_class_beside_two_common_ones_is_a_warning():
    found = judged({"a": 400, "b": 300, "c": 6}, {"a": 100, "b": 80, "c": 1})
    assert not found.blocking
    assert found.warnings == [
        "classes with fewer than 10 rows in a part are hardly judged: c (6 and 1)"
    ]


def test_many_small_classes_are_judged_together_with_a_warning_for_each():
    few = dict.fromkeys("abcdefgh", 8)
    found = judged(few, few)
    assert not found.blocking
    assert "a (8 and 8)" in found.warnings[0]
    assert found.warnings[0].endswith("and 3 more")


def test_one_class_beside_a_handful_of_others_blocks():
    assert judged({"a": 400, "b": 40, "c": 40}, {"a": 100, "b": 5, "c": 4}).blocking


def test_a_class_that_becomes_common_is_a_warning():
    found = judged({"no": 970, "yes": 30}, {"no": 180, "yes": 70})
    assert "class yes makes up 3.0% of what is learned and 28.0% of the holdout" in found.text


def test_chance_in_a_rare_class_is_no_shift():
    assert judged({"no": 10_000, "yes": 20}, {"no": 1000, "yes": 10}).passed


@pytest.mark.parametrize("values", [[True, False], [1, 0], ["b", "a"], [1.5, 0.5]])
def test_classes_of_any_type_are_counted(values):
    train, holdout = pd.Series(values * 200), pd.Series(values * 50)
    assert class_balance(train, holdout, 10).passed


def test_parts_without_rows_block():
    nothing = pd.Series([], dtype=object)
    assert "no rows at all" in class_balance(nothing, nothing, 10).text
    assert number_balance(nothing.astype(float), nothing.astype(float)).blocking


def numbers(rows, seed=0):
    return pd.Series(np.random.default_rng(seed).normal(100, 15, rows))


def test_numbers_of_one_kind_pass():
    assert number_balance(numbers(400), numbers(100, seed=1)).passed


def test_a_target_that_never_varies_blocks():
    found = number_balance(numbers(400), pd.Series([7.0] * 100))
    assert found.blocking == ["the target is the same in every row of: holdout"]


def test_a_holdout_beyond_what_can_be_learned_is_a_warning():
    found = number_balance(numbers(400), numbers(100, seed=1) + 60)
    assert "of the holdout lies beyond the targets to learn from" in found.warnings[0]


def test_a_placeholder_among_the_numbers_is_a_warning():
    train = numbers(400)
    train.iloc[:2] = 999_999
    assert "placeholders such as 999999" in number_balance(train, numbers(100)).text


@pytest.mark.parametrize("seed", range(5))
def test_a_skewed_target_is_no_placeholder(seed):
    prices = np.exp(numbers(1000, seed) / 20)
    assert number_balance(prices[:800], prices[800:]).passed

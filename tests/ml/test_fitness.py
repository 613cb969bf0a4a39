import pandas as pd

from platform_assets.ml.fitness import fitness

GOOD = pd.Series(["a", "b"] * 50)


def test_parts_that_can_be_learned_and_judged_pass_with_their_shares():
    found = fitness(GOOD, GOOD[:10], "binary")
    assert found.passed
    assert found.facts["class_shares"] == {"a": 0.5, "b": 0.5}


def test_an_empty_holdout_is_named():
    assert "no rows to be judged on" in fitness(GOOD, GOOD[:0], "binary").text


def test_a_single_class_is_named():
    assert "no class but one to learn from" in fitness(GOOD[::2], GOOD, "binary").text


def test_a_class_that_cannot_be_learned_is_named():
    found = fitness(GOOD, pd.Series(["a", "b", "c"]), "multiclass")
    assert found.blocking == ["classes only in the holdout: c"]


def test_measured_values_have_no_classes():
    numbers = pd.Series([1.0, 2.0])
    assert fitness(numbers, numbers + 5, "regression").passed

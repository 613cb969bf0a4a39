import numpy as np
import pandas as pd
import pytest

from platform_assets.ml.fairness import treatments
from platform_assets.ml.fairness_gate import groups_treated_alike
from platform_assets.spec import Fairness

ROWS = 2_000
SEX = np.tile(["f", "m"], ROWS // 2)


def asked(limit=0.1, group="sex", **more):
    return Fairness(group=group, max_difference=limit, **more)


def treated(task, y, score, spec=None, **columns):
    frame = pd.DataFrame(columns or {"sex": SEX})
    return treatments(task, y, score, frame, spec or asked())


def outcome(task, y, score, spec=None, **columns):
    return groups_treated_alike(task, treated(task, y, score, spec, **columns), spec or asked())


def applicants(bias, seed=0):
    """Half are good; of the good 80 % are taken, of the others 20 %, men with a bonus."""
    draw = np.random.default_rng(seed)
    y = draw.integers(0, 2, ROWS)
    chance = 0.2 + 0.6 * y + bias * (SEX == "m")
    return y, (draw.random(ROWS) < chance).astype(float)


def test_rates_are_those_of_each_group():
    y = np.array([1, 1, 0, 0] * 10)
    score = np.array([0.9, 0.1, 0.9, 0.1, 0.9, 0.9, 0.1, 0.1] * 5)
    one = treated(
        "binary", y, score, asked(minimum_rows=10), sex=np.repeat(["f", "m"], 4).tolist() * 5
    )[0]
    rates = {
        group.group: {name: rate.value for name, rate in group.rates.items()}
        for group in one.groups
    }
    assert rates["f"] == {
        "selection_rate": 0.5,
        "true_positive_rate": 0.5,
        "false_positive_rate": 0.5,
    }
    assert rates["m"] == {
        "selection_rate": 0.5,
        "true_positive_rate": 1.0,
        "false_positive_rate": 0.0,
    }
    ratios = {apart.rate: (apart.high, apart.ratio) for apart in one.differences}
    assert ratios["true_positive_rate"] == ("m", 0.5)


def test_a_bonus_for_one_group_fails_and_says_for_whom():
    result = outcome("binary", *applicants(0.2))
    assert (result.name, result.outcome) == ("groups_treated_alike", "fail")
    assert "where sex is m above where it is f" in result.message
    assert result.low > 0.1


def test_equal_treatment_passes():
    result = outcome("binary", *applicants(0.0))
    assert result.outcome == "pass"
    assert result.observed < 0.1


def test_equal_treatment_is_seldom_called_unequal():
    """Of 60 fair models none should differ by a tenth beyond chance; two would be a fault."""
    failed = [outcome("binary", *applicants(0.0, seed)).outcome == "fail" for seed in range(60)]
    assert sum(failed) <= 1


def test_a_regression_is_compared_by_its_mean_error():
    draw = np.random.default_rng(0)
    y = draw.normal(50, 10, ROWS)
    fair, high = y + draw.normal(0, 5, ROWS), y + 6.0 * (SEX == "m")
    assert outcome("regression", y, fair, asked(3)).outcome == "pass"
    result = outcome("regression", y, high, asked(3))
    assert (result.outcome, result.metric) == ("fail", "mean_error")
    assert result.observed == pytest.approx(6)


def test_several_classes_are_compared_by_their_accuracy():
    y = np.zeros(ROWS)
    score = np.where((SEX == "m")[:, None], [0.8, 0.1, 0.1], [0.1, 0.8, 0.1])
    result = outcome("multiclass", y, score)
    assert (result.metric, result.observed) == ("accuracy", 1.0)


def test_too_few_rows_of_a_group_show_nothing_and_do_not_pass():
    sex = np.where(np.arange(ROWS) < 20, "f", "m")
    result = outcome("binary", *applicants(0), sex=sex)
    assert (result.outcome, result.observed) == ("fail", None)
    assert result.message == "sex: two groups of 30 rows or more are needed"


def test_a_rate_that_is_undefined_does_not_pass():
    y, score = applicants(0)
    result = outcome("binary", np.where(SEX == "f", 0, y), score)
    assert (result.outcome, result.observed) == ("fail", None)
    assert "true_positive_rate" in result.message


def test_the_worst_of_several_columns_decides():
    y, score = applicants(0.2)
    both = {"sex": SEX, "half": np.repeat(["a", "b"], ROWS // 2)}
    result = outcome("binary", y, score, asked(group=["half", "sex"]), **both)
    assert (result.outcome, "sex is m" in result.message) == ("fail", True)

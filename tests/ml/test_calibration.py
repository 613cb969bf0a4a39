import numpy as np
import pytest

from platform_assets.ml.calibration import calibration, wilson

ROWS = 4_000


def outcomes(told, seed=0):
    return (np.random.default_rng(seed).random(len(told)) < told).astype(int)


@pytest.fixture(scope="module")
def told():
    return np.random.default_rng(1).uniform(0.02, 0.6, ROWS)


def test_a_model_that_tells_the_truth_is_within_chance(told):
    found = calibration("binary", outcomes(told), told)
    assert not found.off
    assert "no more than chance gives" in found.sentence
    assert sum(tenth.rows for tenth in found.tenths) == ROWS


def test_the_truth_is_called_off_once_in_twenty_times(told):
    """Of 100 honest holdouts 5 are expected; more than 12 would come once in 1,500 times."""
    off = [calibration("binary", outcomes(told, seed), told).off for seed in range(100)]
    assert sum(off) <= 12


def test_a_model_that_tells_too_much_is_off_by_that_much(told):
    found = calibration("binary", outcomes(told), told + 0.1)
    assert found.off
    assert found.error.value == pytest.approx(0.1, abs=0.02)
    assert found.bias.low < 0.1 < found.bias.high
    assert "beyond chance" in found.sentence
    assert "the probability told is too high by 0.09" in found.sentence


def test_errors_that_cancel_out_over_all_rows_are_seen_in_the_tenths(told):
    found = calibration("binary", outcomes(told), np.full(ROWS, told.mean()) + (told > 0.3) * 1e-6)
    assert found.off
    assert abs(found.bias.value) < 0.02


def test_confidence_in_the_class_chosen_is_what_a_model_of_classes_tells():
    sure = np.random.default_rng(0).uniform(0.5, 1, ROWS)
    score = np.column_stack([sure, (1 - sure) / 2, (1 - sure) / 2])
    y = np.where(outcomes(sure, seed=3) == 1, 0, 1)
    found = calibration("multiclass", y, score)
    assert (found.of, found.off) == ("confidence", False)
    assert found.brier.value == pytest.approx((sure * (1 - sure)).mean(), abs=0.02)


def test_a_regression_is_compared_in_the_unit_of_its_target():
    draw = np.random.default_rng(0)
    score = draw.uniform(0, 100, 500)
    y = score + draw.normal(0, 10, 500)
    fair, high = (calibration("regression", y, score + shift) for shift in (0, 20))
    assert (fair.off, high.off) == (False, True)
    assert high.bias.value == pytest.approx(20, abs=2)
    assert high.brier is None


def test_rows_that_were_told_the_same_are_one_group():
    found = calibration("binary", outcomes(np.full(100, 0.3)), np.full(100, 0.3))
    assert [tenth.rows for tenth in found.tenths] == [100]


def test_equal_rows_give_equal_findings(told):
    y = outcomes(told)
    assert calibration("binary", y, told) == calibration("binary", y, told)


def test_a_share_of_nothing_still_has_a_width():
    low, high = wilson(np.array([0.0, 50.0]), np.array([100.0, 100.0]))
    assert (low[0], high[0]) == (0, pytest.approx(0.037, abs=0.001))
    assert (low[1], high[1]) == (pytest.approx(0.404, abs=0.001), pytest.approx(0.596, abs=0.001))

import numpy as np
import pytest

from platform_assets.ml.looks import corrected

MANY = 10_000
DRAWN = np.random.default_rng(0).normal(3, 2, 100_000)


def test_one_look_is_the_usual_interval():
    found = corrected(3.0, DRAWN, 1, MANY)
    assert (found.low, found.high) == (
        pytest.approx(-0.92, abs=0.05),
        pytest.approx(6.92, abs=0.05),
    )


def test_twenty_looks_are_wider_and_hold_together():
    """Of 500 times 20 questions whose answer is nothing, one in twenty times may have a yes."""
    draw = np.random.default_rng(1)
    spread = draw.normal(size=100)
    values = draw.normal(size=(500, 20)) * spread.std(ddof=1)
    found = [[corrected(one, spread + one, 20, MANY) for one in asked] for asked in values]
    wrong = sum(any(not one.low < 0 < one.high for one in asked) for asked in found)
    assert 10 <= wrong <= 42


def test_draws_that_are_undefined_now_and_then_are_left_out_and_many_are_not():
    few, many = DRAWN[:1000].copy(), DRAWN[:1000].copy()
    few[:30], many[:100] = np.nan, np.nan
    assert corrected(3.0, few, 1, MANY).known
    assert not corrected(3.0, many, 1, MANY).known


def test_few_rows_reach_further_and_one_row_tells_nothing():
    wide, sure = corrected(3.0, DRAWN, 5, 20), corrected(3.0, DRAWN, 5, MANY)
    assert (wide.high - wide.low) / (sure.high - sure.low) == pytest.approx(1.14, abs=0.005)
    assert not corrected(3.0, DRAWN, 5, 1).known

"""A changed unit is found, and nothing else is taken for one."""

import numpy as np
import pandas as pd
import pytest

from platform_assets.defs.diabetes.source import patients
from platform_assets.ml.units import LEAST_VALUES, units_hold
from tests.defs.path import folder

DELIVERIES = np.repeat(np.arange(10), 50)


def amounts(seed=0, **changes):
    """Amounts with a long tail in ten deliveries; some multiplied."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame({"amount": np.exp(draw.normal(3, 1, 500)), "word": "a"})
    for number, factor in changes.items():
        frame.loc[int(number[1:]) == DELIVERIES, "amount"] *= factor
    return frame


def judged(frame, delivery=DELIVERIES, most=5.0):
    return units_hold(frame, delivery, most)


@pytest.mark.parametrize("factor", [100, 0.001, 25.4, -100])
def test_one_delivery_in_another_unit_is_named_with_the_factor(factor):
    found = judged(amounts(d7=factor))
    assert "amount of delivery 7 is" in found.text
    assert found.facts["moved"] == 1
    assert "raise checks.max_unit_shift" in found.text


def test_a_unit_that_stays_changed_is_named_from_its_first_delivery():
    found = judged(amounts(**{f"d{number}": 1000 for number in (8, 9)}))
    assert "delivery 8" in found.text
    assert "delivery 9" in found.text


def test_the_second_delivery_of_all_is_compared_with_the_first():
    assert not judged(amounts(d1=100)[:100], DELIVERIES[:100]).passed


def test_a_bound_that_was_raised_lets_a_known_shift_pass():
    assert judged(amounts(d7=100), most=1000).passed


def test_few_values_and_zeros_say_nothing():
    frame = pd.DataFrame({"amount": [1.0] * 100 + [100.0] * (LEAST_VALUES - 1) + [0.0] * 100})
    delivery = np.repeat([0, 1], [100, len(frame) - 100])
    assert judged(frame, delivery).passed


def test_growth_and_a_tail_are_no_change_of_a_unit():
    draw = np.random.default_rng(1)
    frame = amounts()
    frame["grows"] = draw.uniform(1, 2, 500) * 1.3**DELIVERIES
    frame["tail"] = np.where(draw.random(500) < 0.3, 1000.0, 1.0)
    assert judged(frame).passed


def test_deliveries_like_those_before_are_not_named_in_a_thousand():
    """A hundred tables of ten deliveries, fifty values each over two powers of ten."""
    assert sum(judged(amounts(seed)).facts["moved"] for seed in range(100)) == 0


def test_patients_in_parts_keep_their_units():
    given = patients()[folder("diabetes").spec.features]
    assert judged(given, np.arange(len(given)) // 45).passed

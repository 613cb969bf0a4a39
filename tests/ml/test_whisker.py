import re

import numpy as np
import pytest

from platform_assets.ml.intervals import Interval
from platform_assets.ml.whisker import Axis, axis, whisker


def test_a_scale_has_a_place_for_all_that_is_known():
    scale = axis([Interval(2, 1, 3), Interval(np.nan, np.nan, np.nan)], 5)
    assert (scale.low, scale.high, scale.mark) == (1, 5, 5)


def test_one_value_alone_still_makes_a_scale():
    assert axis([Interval(2, 2, 2)]).high > 2
    assert axis([]) == Axis(0.0, 1.0)


def test_a_picture_goes_from_low_to_high_with_the_dot_between():
    drawn = whisker(Interval(0.5, 0.0, 1.0), Axis(0, 1, 0.5))
    places = [float(place) for place in re.findall(r'(?:x1|x2|cx)="([\d.]+)"', drawn)]
    assert places == [60, 60, 5, 115, 60]


def test_what_is_not_known_is_not_drawn():
    assert whisker(Interval(np.nan, np.nan, np.nan), Axis(0, 1)) == ""


@pytest.mark.parametrize("value", [-9.0, 9.0])
def test_what_lies_outside_stands_at_the_edge(value):
    assert Axis(0, 1).place(value) in (5, 115)

"""Lines of numbers as pictures."""

from hypothesis import given
from hypothesis import strategies as st

from platform_assets.board.spark import HEIGHT, WIDTH, spark

NUMBERS = st.floats(-1e9, 1e9) | st.none()


def test_nothing_is_drawn_of_nothing():
    assert spark([]) is spark([None, None]) is spark([None, 1.0]) is None


def test_more_is_higher_and_later_is_further_right():
    found = spark([1.0, 3.0])
    assert found.paths == ("M4.0 32.0L156.0 4.0",)
    assert found.newest == (156.0, 4.0)


def test_a_gap_stays_a_gap_and_a_lone_value_is_a_dot():
    found = spark([1.0, 2.0, None, 3.0, None, 1.0, 2.0])
    assert (len(found.paths), len(found.dots)) == (2, 1)


def test_what_is_no_number_is_a_gap():
    found = spark([1.0, float("nan"), 2.0, float("inf"), 3.0])
    assert found == spark([1.0, None, 2.0, None, 3.0])


def test_a_limit_is_always_in_the_picture():
    found = spark([1.0, 2.0], limit=9.0)
    assert found.limit == 4.0
    assert spark([1.0, 1.0]).limit is None


@given(st.lists(NUMBERS, max_size=30), NUMBERS)
def test_every_line_stays_in_its_picture(values, limit):
    found = spark(values, limit)
    points = [found.newest, *found.dots] if found else []
    for path in found.paths if found else ():
        points += [tuple(map(float, one.split())) for one in path.removeprefix("M").split("L")]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)

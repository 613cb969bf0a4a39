import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_assets.data.ahead import ahead


@given(st.lists(st.one_of(st.none(), st.integers()), max_size=20), st.integers(1, 5))
def test_the_items_are_the_same_and_in_order(items, most):
    assert list(ahead(items, most)) == items


def test_the_next_item_is_made_while_the_last_one_is_used():
    made_second = threading.Event()

    def items():
        yield 1
        made_second.set()
        yield 2

    coming = ahead(items())
    assert next(coming) == 1
    assert made_second.wait(60)
    assert list(coming) == [2]


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_items_wait_than_asked_for(most):
    made = []
    coming = ahead((made.append(number) or number for number in range(9)), most)
    for number in range(4):
        assert next(coming) == number
    coming.close()
    assert len(made) <= 4 + most


def test_as_many_items_as_asked_for_are_made_while_one_is_used():
    made_fourth = threading.Event()

    def items():
        yield from range(3)
        made_fourth.set()
        yield 3

    coming = ahead(items(), 3)
    assert next(coming) == 0
    assert made_fourth.wait(60)
    assert list(coming) == [1, 2, 3]


def test_what_making_an_item_raises_comes_after_the_items_before():
    def items():
        yield 1
        raise LookupError("no second")

    coming = ahead(items())
    assert next(coming) == 1
    with pytest.raises(LookupError, match="no second"):
        next(coming)


def test_items_left_over_do_not_keep_the_thread():
    coming = ahead(iter(range(9)))
    next(coming)
    coming.close()
    assert not [one for one in threading.enumerate() if one.name.startswith("ahead")]

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from platform_assets.data.sources.taken import Taken

ROWS = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy")), max_size=8)


@given(before=ROWS, now=ROWS)
def test_what_is_left_is_what_there_is_more_of_than_was_taken(before, now):
    taken = Taken(["one", "two"], "one", {"a", "b"})
    taken.add(["one", "two"], before)
    left = Counter(taken.others(now))
    assert left == Counter(now) - Counter(before)


def test_rows_keep_their_order():
    taken = Taken(["one"], "one", {"b"})
    taken.add(["one"], [("b",)])
    assert list(taken.others([("c",), ("b",), ("a",)])) == [("c",), ("a",)]


def test_rows_are_compared_in_the_columns_that_both_have():
    taken = Taken(["one", "two"], "two", {"x", "y"})
    taken.add(["two"], [("x",)])
    taken.add(["two", "one"], [("y", "b")])
    rows = [("a", "x"), ("b", "y"), ("b", "x")]
    assert list(taken.others(rows)) == [("b", "x")]


def test_a_row_with_no_value_that_is_looked_for_was_not_taken():
    taken = Taken(["one", "two"], "two", {"x"})
    taken.add(["one", "two"], [("a", "x"), ("a", "y")])
    assert list(taken.others([("a", "x"), ("a", "y")])) == [("a", "y")]

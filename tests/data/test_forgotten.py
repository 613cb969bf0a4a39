"""Which places went, and what the others are called since."""

import polars as pl
import pytest

from platform_assets.data import forgotten
from platform_assets.data.forgotten import renumbered
from tests.support.yard import Yard, with_bad_rows


def places(*found: tuple[int, int]) -> pl.DataFrame:
    return pl.DataFrame(list(found), schema=["_delivery", "_row"], orient="row")


def test_rows_behind_those_that_go_move_up_in_their_delivery_alone():
    rows = places((1, 0), (1, 2), (1, 3), (1, 6), (2, 6))
    gone = places((1, 1), (1, 3), (1, 4))
    assert sorted(renumbered(rows, gone).iter_rows()) == [(1, 0), (1, 1), (1, 3), (2, 6)]


def test_nothing_moves_where_nothing_went():
    rows = places((1, 0), (1, 7))
    assert sorted(renumbered(rows, places((2, 0))).iter_rows()) == sorted(rows.iter_rows())


@pytest.fixture
def lake(tmp_path):
    made = Yard(tmp_path)
    made.deliver("a.csv", with_bad_rows())
    return made.lake


def carry(lake, this):
    """The raw table with this number, otherwise the same."""
    raw = lake.read("tiny/raw")
    lake.commit_behind(
        "tiny/raw", lake.version("tiny/raw"), raw.schema, raw.slice(0, 0).to_batches(),
        {forgotten.FORGETS: this},
    )  # fmt: skip


def test_before_anything_went_the_number_is_zero(lake):
    assert forgotten.number(lake, "tiny") == 0
    assert forgotten.dropped(lake, "tiny", 0, 0) == []


def test_what_was_announced_and_did_not_come_to_pass_does_not_count(lake):
    assert forgotten.announce(lake, "tiny", 0, [(1, 9)]) == 1
    assert forgotten.announce(lake, "tiny", 0, [(1, 3), (1, 4)]) == 2
    carry(lake, 2)
    (gone,) = forgotten.dropped(lake, "tiny", 0, forgotten.number(lake, "tiny"))
    assert sorted(gone.iter_rows()) == [(1, 3), (1, 4)]


def test_what_came_to_pass_is_told_oldest_first_from_where_one_was(lake):
    for number, row in ((1, 5), (2, 6), (3, 7)):
        after = forgotten.number(lake, "tiny")
        assert forgotten.announce(lake, "tiny", after, [(1, row)]) == number
        carry(lake, number)
    told = [one["_row"].to_list() for one in forgotten.dropped(lake, "tiny", 1, 3)]
    assert told == [[6], [7]]

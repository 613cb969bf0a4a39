"""A mended row stands in for the delivered one, wherever rows are numbered from."""

import polars as pl
import pytest

from platform_assets.data import forgotten, mended
from platform_assets.data.mended import patched
from platform_assets.data.reading.rows import Fault, TextRows
from tests.support.yard import Yard, with_bad_rows

NAMES = ["order", "amount", "channel", "returned"]


@pytest.fixture
def yard(tmp_path):
    made = Yard(tmp_path)
    made.deliver("a.csv", with_bad_rows())
    return made


SCHEMA = {**dict.fromkeys(NAMES, pl.String), "_delivery": pl.Int64, "_row": pl.Int64}


def mends(*places: tuple[int, int]) -> pl.DataFrame:
    rows = [(f"m{row}", "1", "web", "0", delivery, row) for delivery, row in places]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def some_rows(*numbers: int, faults: tuple[Fault, ...] = ()) -> TextRows:
    text = pl.DataFrame({name: [f"{name}{number}" for number in numbers] for name in NAMES})
    return TextRows(text, pl.Series(numbers, dtype=pl.Int64), faults)


def test_a_mended_row_takes_the_place_of_the_delivered_one():
    found = patched(some_rows(4, 5, 6), mends((1, 5)))
    assert found.text["order"].to_list() == ["order4", "m5", "order6"]
    assert found.numbers.to_list() == [4, 5, 6]


def test_a_row_that_could_not_be_taken_apart_becomes_a_row_between_its_neighbours():
    faults = tuple(Fault(number, "row:columns", b"x", "") for number in (5, 7))
    found = patched(some_rows(4, 6, faults=faults), mends((1, 5)))
    assert found.text["order"].to_list() == ["order4", "m5", "order6"]
    assert [fault.number for fault in found.faults] == [7]


def test_a_mend_of_rows_elsewhere_leaves_these_alone():
    rows = some_rows(4, 5, 6)
    assert patched(rows, mends((1, 3), (1, 7))) is rows


def test_what_is_written_is_read_again_with_its_count(yard):
    before = mended.read(yard.lake, "tiny", NAMES)
    assert mended.write(yard.lake, "tiny", before, mends((1, 0)))
    after = mended.read(yard.lake, "tiny", NAMES)
    assert (before.number, after.number) == (0, 1)
    assert after.of(1)["order"].to_list() == ["m0"]
    assert after.of(2).is_empty()


def test_of_two_who_write_behind_the_same_version_one_is_told_to_look_again(yard):
    before = mended.read(yard.lake, "tiny", NAMES)
    assert mended.write(yard.lake, "tiny", before, mends((1, 0)))
    assert not mended.write(yard.lake, "tiny", before, mends((1, 1)))


def test_a_column_that_the_contract_got_later_is_null_in_earlier_mends(yard):
    mended.write(yard.lake, "tiny", mended.read(yard.lake, "tiny", NAMES), mends((1, 0)))
    later = mended.read(yard.lake, "tiny", [*NAMES, "country"])
    assert later.rows["country"].to_list() == [None]


def test_mends_are_numbered_as_the_raw_table_is_now(yard):
    before = mended.read(yard.lake, "tiny", NAMES)
    mended.write(yard.lake, "tiny", before, mends((1, 0), (1, 1), (1, 2)))
    this = forgotten.announce(yard.lake, "tiny", 0, [(1, 1)])
    assert mended.read(yard.lake, "tiny", NAMES).rows["_row"].to_list() == [0, 1, 2]
    take_out_nothing(yard, this)
    after = mended.read(yard.lake, "tiny", NAMES)
    assert dict(after.rows.select("order", "_row").iter_rows()) == {"m0": 0, "m2": 1}
    assert not after.aligned


def take_out_nothing(yard, this):
    raw = yard.lake.read("tiny/raw")
    version = yard.lake.version("tiny/raw")
    marks = {forgotten.FORGETS: this}
    yard.lake.commit_behind("tiny/raw", version, raw.schema, raw.slice(0, 0).to_batches(), marks)

"""What is in quarantine, by rule, delivery and file, and what was wrong in each row."""

import polars as pl
import pytest

from platform_assets.data.quarantine import Place, broken, counts, export, rows_of
from tests.support.yard import BAD, Yard, with_bad_rows

TABLE = "tiny/quarantine"


@pytest.fixture
def yard(tmp_path):
    made = Yard(tmp_path)
    made.deliver("a.csv", with_bad_rows(bad=3))
    late = with_bad_rows(bad=1, first=100).to_csv(index=False) + "o99,5\no98,dear,web,1\n"
    made.deliver("b.csv", late.encode())
    made.deliver("c.csv", b"order,amount\n1,2\n")
    return made


def test_rules_are_counted_the_most_frequent_first(yard):
    found = counts(yard.lake, TABLE)
    assert found == {BAD: 4, "file:columns": 1, "row:columns": 1, "type:amount": 1}
    assert next(iter(found)) == BAD


def test_a_table_that_is_not_there_yet_is_empty(tmp_path):
    assert counts(Yard(tmp_path).lake, TABLE) == {}


@pytest.mark.parametrize(
    ("place", "rows"),
    [
        (Place(), 7),
        (Place(rule=BAD), 4),
        (Place(rule="value"), 4),
        (Place(rule="val"), 0),
        (Place(delivery=2), 3),
        (Place(file="b.csv"), 3),
        (Place(rule="type", file="a.csv"), 0),
    ],
)
def test_rows_are_asked_for_by_rule_delivery_or_file(yard, place, rows):
    assert sum(counts(yard.lake, TABLE, place).values()) == rows


def test_rows_come_in_order_whatever_the_order_of_the_files(yard):
    found = rows_of(yard.lake, TABLE, Place(), [])
    assert list(zip(found["_delivery"], found["_row"], strict=True)) == [
        (1, 0), (1, 1), (1, 2), (2, 0), (2, 20), (2, 21), (3, 0),
    ]  # fmt: skip


def test_each_row_is_told_with_the_value_that_broke_the_rule(yard):
    told = {one.rule: one for one in broken(yard.cleaner(), Place(delivery=2), limit=9)}
    assert told[BAD].value == "street"
    assert told["type:amount"].value == "dear"
    assert told["row:columns"].value == "o99,5"
    assert "expected 4" in told["row:columns"].detail


def test_no_more_rows_are_told_than_asked_for(yard):
    assert [one.row for one in broken(yard.cleaner(), Place(), limit=2)] == [0, 1]
    assert broken(yard.cleaner(), Place(), limit=0) == []


def test_an_export_holds_the_text_of_every_row_that_can_be_mended(yard, tmp_path):
    file = tmp_path / "bad.csv"
    assert export(yard.cleaner(), Place(), file) == 6
    rows = pl.read_csv(file, infer_schema=False)
    assert rows.columns == ["_delivery", "_row", "_rule", "order", "amount", "channel", "returned"]
    assert rows["channel"].to_list() == ["street"] * 4 + [None, "web"]


def test_rows_are_shown_after_the_contract_has_got_a_column_that_the_table_lacks(yard):
    found = rows_of(yard.lake, TABLE, Place(delivery=2), ["channel", "voucher"])
    assert found["voucher"].null_count() == found.height == 3

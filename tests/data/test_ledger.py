import pytest

from platform_assets.data.ledger import Entry, Outcome, pending, record, seen, table
from platform_assets.data.sources.port import Arrival, Listing
from resources.lake import Lake


@pytest.fixture
def lake(tmp_path):
    return Lake(str(tmp_path))


def entry(name, stamp="1", outcome=Outcome.LANDED):
    return Entry(name, stamp, 3, f"digest of {name}", outcome)


def test_nothing_was_seen_before_the_first_entry(lake):
    assert seen(lake, "tiny") == set()


def test_what_was_written_down_was_seen(lake):
    record(lake, "tiny", [entry("a.csv"), entry("b.csv", "2", Outcome.REPEATED)])
    record(lake, "tiny", [entry("c.csv", "3", Outcome.CHANGED)])
    assert seen(lake, "tiny") == {("a.csv", "1"), ("b.csv", "2"), ("c.csv", "3")}


def test_the_same_entries_again_change_nothing(lake):
    for _ in range(2):
        record(lake, "tiny", [entry("a.csv"), entry("b.csv")])
    assert lake.count(table("tiny")) == 2


def test_no_entry_writes_nothing(lake):
    record(lake, "tiny", [])
    assert not lake.exists(table("tiny"))


def test_the_table_says_what_became_of_each_arrival(lake):
    record(lake, "tiny", [entry("a.csv", outcome=Outcome.CHANGED)])
    assert lake.read(table("tiny")).to_pylist() == [
        {
            "name": "a.csv",
            "stamp": "1",
            "size": 3,
            "digest": "digest of a.csv",
            "outcome": "changed",
        }
    ]


def test_models_have_a_ledger_each(lake):
    record(lake, "tiny", [entry("a.csv")])
    assert seen(lake, "other") == set()


def test_pending_is_what_has_another_name_or_stamp_in_order():
    listing = Listing((Arrival("a", "1", 1), Arrival("b", "2", 1), Arrival("c", "1", 1)))
    due = pending(listing, {("a", "1"), ("b", "1")})
    assert [one.name for one in due] == ["b", "c"]

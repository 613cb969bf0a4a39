"""The past that volume and freshness are judged by goes on from one run to the next."""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from platform_assets.data.accounts import Account
from platform_assets.data.blocks import Delivery
from platform_assets.data.contract import DELIVERY
from platform_assets.data.past import KEPT, extended, newest_events, read, written
from resources.lake import Lake

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC).replace(tzinfo=None)


def deliveries(*numbers):
    return {number: Delivery(number, f"d{number}", f"{number}.csv", NOON) for number in numbers}


def test_a_delivery_counts_its_rows_of_both_kinds():
    (one,) = extended([], [Account(1, 8, 2, whole=True)], deliveries(1), {1: NOON})
    assert (one.name, one.rows, one.newest) == ("1.csv", 10, NOON)
    assert one.arrived == NOON.replace(tzinfo=UTC)


def test_an_empty_delivery_is_part_of_the_past():
    """It has no account, and so was never warned of."""
    found = extended([], [Account(2, 5, 0, whole=True)], deliveries(1, 2), {})
    assert [(one.name, one.rows) for one in found] == [("1.csv", 0), ("2.csv", 5)]


def test_the_oldest_are_left_out():
    before = extended([], [], deliveries(*range(KEPT)), {})
    found = extended(before, [], deliveries(KEPT), {})
    assert len(found) == KEPT
    assert (found[0].name, found[-1].name) == ("1.csv", f"{KEPT}.csv")


def test_what_is_written_down_is_read_again():
    newest = {1: NOON.replace(tzinfo=UTC) - timedelta(hours=1)}
    past = extended([], [], deliveries(1, 2), newest)
    assert read(written(past)) == past


def events(folder, *values):
    """The newest of the events of delivery 1, kept as a table keeps them."""
    lake = Lake(str(folder))
    rows = pa.table({DELIVERY: [1] * len(values), "at": list(values)})
    lake.append("clean", rows, ["1"])
    return newest_events(lake, "clean", "at", 0)


@pytest.mark.parametrize("kind", [datetime, date])
def test_the_newest_event_of_a_delivery_is_a_moment_in_utc(kind, tmp_path):
    found = events(tmp_path, kind(2026, 3, 1), None, kind(2026, 3, 4))
    assert found == {1: datetime(2026, 3, 4, tzinfo=UTC)}


@pytest.mark.parametrize("values", [(1952, 2007), ("spring", "autumn")])
def test_a_time_that_is_no_moment_tells_of_no_event(values, tmp_path):
    """Public tables say years as whole numbers, at which cleaning stopped."""
    assert events(tmp_path, *values) == {}

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_assets.data.sources.window import Batch, batches, behind, reaches, usable

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LOCAL = NOON.replace(tzinfo=None)
FIRST = datetime.min  # noqa: DTZ901  a time without a zone is meant
CURSORS = st.one_of(
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
    st.text(),
)


@given(after=st.none() | CURSORS, to=CURSORS, stream=st.text(min_size=1))
def test_the_name_of_a_pull_says_all_about_it(after, to, stream):
    batch = Batch(stream, 7, after, to)
    (found,) = batches(stream, [batch.name])
    assert found == batch
    assert [type(found.after), type(found.to)] == [type(after), type(to)]


def test_a_name_can_be_read_by_people():
    batch = Batch("SHOP.orders.at", 2, NOON, NOON + timedelta(hours=1))
    assert batch.name == (
        "SHOP.orders.at,000002,datetime:2026-01-01T12:00:00+00:00,"
        "datetime:2026-01-01T13:00:00+00:00.parquet"
    )


def test_pulls_come_in_order_and_without_what_is_not_of_their_stream():
    names = [Batch("orders.at", number, None, number).name for number in (10, 9, 1_000_000)]
    others = ["orders.csv", Batch("orders.id", 11, None, 11).name]
    assert [one.number for one in batches("orders.at", [*names, *others])] == [9, 10, 1_000_000]


@pytest.mark.parametrize(
    ("value", "before"),
    [
        (NOON, datetime(2026, 1, 1, 11, 58, 30, tzinfo=UTC)),
        (LOCAL, LOCAL - timedelta(seconds=90)),
        (date(2026, 1, 2), date(2026, 1, 1)),
        (100, 10),
        (100.5, 10.5),
        (Decimal(100), Decimal(10)),
        (Decimal("0." + "9" * 40), Decimal("-89." + "0" * 25 + "1")),
        ("2026-01-01T12:00:00.5+02:00", "2026-01-01T11:58:30"),
        ("2026-01-01 12:00:00", "2026-01-01 11:58:30"),
        ("2026-13-01 12:00:00", "2026-13-01 12:00:00"),
        ("2026-01-01", "2026-01-01"),
        ("o-100", "o-100"),
        (FIRST, FIRST),
        (date.min, date.min),
    ],
)
def test_a_lag_is_seconds_before_a_time_and_units_before_a_number(value, before):
    assert behind(value, 90) == before


@given(value=CURSORS, lag=st.floats(0, 1e9))
def test_nothing_lies_behind_itself(value, lag):
    assert behind(value, lag) <= value


@given(end=st.datetimes(), seconds=st.integers(0, 10_000), mark=st.sampled_from("T "))
def test_a_time_as_text_is_looked_for_as_far_back_as_a_time(end, seconds, mark):
    row = end - min(timedelta(seconds=seconds), end - FIRST)
    assert behind(end.isoformat(mark), 10_000) <= row.isoformat(mark)


@pytest.mark.parametrize(
    ("end", "low", "may"),
    [
        (NOON, NOON, True),
        (NOON, NOON + timedelta(seconds=1), False),
        (NOON, NOON.astimezone(timezone(timedelta(hours=2))), True),
        (1, 2, False),
        ("a", "B", False),
        ("B", "b", True),
        (NOON, LOCAL, True),
        (5, "6", True),
    ],
)
def test_a_pull_is_looked_at_unless_it_surely_ended_before(end, low, may):
    assert reaches(end, low) is may


@pytest.mark.parametrize("value", [1, 1.5, Decimal("1.5"), NOON, date(2026, 1, 1), "a"])
def test_numbers_times_and_text_can_be_cursors(value):
    assert usable(value)


@pytest.mark.parametrize("value", [True, None, b"1", float("nan"), Decimal("NaN"), [1]])
def test_what_has_no_order_or_no_exact_text_cannot_be_a_cursor(value):
    assert not usable(value)

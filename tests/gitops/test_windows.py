"""Freezes: what a clock on the wall shows decides, and neighbours are one."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from gitops.windows import WEEKDAYS, Frozen, Window, frozen

READ = TypeAdapter(Window)


def window(**fields):
    return READ.validate_python({"reason": "quiet", **fields})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


NIGHT = {"weekdays": ["fri"], "from": "22:00", "to": "06:00", "timezone": "Europe/Berlin"}
HOLIDAY = {"from": "2026-12-20T00:00:00+01:00", "until": "2027-01-02T00:00:00+01:00"}


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2026-07-03T19:59:59Z", None),  # a Friday, before 22:00 in Berlin
        ("2026-07-03T20:00:00Z", "2026-07-04T04:00:00Z"),
        ("2026-07-04T03:59:59Z", "2026-07-04T04:00:00Z"),
        ("2026-07-04T04:00:00Z", None),
        ("2026-01-02T21:30:00Z", "2026-01-03T05:00:00Z"),  # an hour later in winter
        ("2026-07-04T20:30:00Z", None),  # a Saturday
    ],
)
def test_a_night_begins_on_its_day_and_ends_on_the_next_by_local_clocks(moment, until):
    found = frozen([window(**NIGHT)], at(moment))
    assert found == (Frozen(at(until), "quiet") if until else None)


def test_a_night_on_which_the_clocks_change_is_an_hour_shorter():
    night = window(**NIGHT | {"weekdays": ["sat"]})
    found = frozen([night], at("2026-03-28T21:00:00Z"))
    assert found == Frozen(at("2026-03-29T04:00:00Z"), "quiet")


def test_days_that_follow_each_other_are_one_freeze():
    weekend = window(weekdays=["sat", "sun"])
    monday = window(weekdays=["mon"], to="08:00", reason="late start")
    found = frozen([weekend, monday], at("2026-07-04T12:00:00Z"))
    assert found == Frozen(at("2026-07-06T08:00:00Z"), "quiet")


def test_a_period_holds_from_its_first_moment_to_before_its_last():
    holiday = window(**HOLIDAY)
    assert frozen([holiday], at("2026-12-19T23:00:00Z")) == Frozen(
        at("2027-01-01T23:00:00Z"), "quiet"
    )
    assert frozen([holiday], at("2026-12-19T22:59:59Z")) is None
    assert frozen([holiday], at("2027-01-01T23:00:00Z")) is None


def test_a_freeze_for_ever_still_has_an_answer():
    assert frozen([window(weekdays=list(WEEKDAYS))], at("2026-07-04T12:00:00Z")) is not None


@given(st.integers(1_577_836_800, 1_893_456_000))
def test_a_freeze_ends_later_than_now_and_is_over_then(seconds):
    windows = [window(**NIGHT), window(weekdays=["sat"], to="12:00"), window(**HOLIDAY)]
    now = datetime.fromtimestamp(seconds, UTC)
    found = frozen(windows, now)
    if found:
        assert found.until > now
        assert frozen(windows, found.until) is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"weekdays": []}, "at least 1"),
        ({"weekdays": ["friday"]}, "'fri'"),
        ({"weekdays": ["fri"], "from": 1320}, "HH:MM in quotes"),
        ({"weekdays": ["fri"], "from": "25:00"}, "HH:MM in quotes"),
        ({"weekdays": ["fri"], "timezone": "Mars/Olympus"}, "IANA"),
        ({"weekdays": ["fri"], "until": "2027-01-01T00:00:00Z"}, "Extra inputs"),
        ({"from": "2026-12-20T00:00:00", "until": "2027-01-01T00:00:00Z"}, "timezone"),
        ({"from": "2027-01-02T00:00:00Z", "until": "2027-01-01T00:00:00Z"}, "never hold"),
        ({"from": "2026-12-20T00:00:00Z"}, "until"),
        ({**HOLIDAY, "reason": ""}, "reason"),
        ({**HOLIDAY, "reason": "two\nlines"}, "reason"),
    ],
)
def test_a_window_that_could_mean_something_else_is_refused(fields, message):
    with pytest.raises(ValidationError, match=message):
        window(**fields)

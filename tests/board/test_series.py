"""Logged requests in windows."""

from datetime import UTC, datetime, timedelta

import pytest

from platform_assets.board.series import COLUMNS, traffic
from tests.board.sample import a_day, row, rows

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def of(given, environment="production"):
    return traffic(rows(given).select(COLUMNS), environment, NOON)


def before(minutes):
    return NOON - timedelta(minutes=minutes)


@pytest.mark.parametrize(("minutes", "length"), [(3, 1), (40, 5), (200, 15), (1000, 60)])
def test_windows_are_as_short_as_24_of_them_allow(minutes, length):
    found = of([row(before(minutes))])
    assert found.length == timedelta(minutes=length)
    assert (len(found.windows), found.requests) == (24, 1)


def test_a_day_is_shown_by_the_hour():
    found = traffic(a_day(NOON).select(COLUMNS), "production", NOON)
    assert (found.requests, found.errors) == (67, 1)
    assert [one.requests for one in found.windows] == [0, *[3] * 20, 4, 3, 0]
    assert found.newest.start == NOON - timedelta(hours=1)


def test_a_request_of_many_rows_counts_once():
    found = of([row(before(2), _row=number) for number in range(50)])
    assert found.requests == 1


def test_refused_requests_are_no_errors_of_the_model():
    found = of([row(before(2), _status=status, _row=None) for status in (400, 401, 500, 503)])
    assert (found.requests, found.errors) == (4, 2)


def test_other_environments_and_older_days_do_not_count():
    found = of([row(before(2), _environment="staging"), row(before(25 * 60))])
    assert (found.requests, found.newest) == (0, None)


def test_the_tail_is_that_of_each_window():
    slow = [row(before(2), _latency_ms=float(number)) for number in range(101)]
    assert of(slow).newest.p99_ms == pytest.approx(99.0)

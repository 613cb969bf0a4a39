"""Addresses of evidence, and words for times and figures."""

from datetime import UTC, datetime, timedelta

import pytest

from platform_assets.board.links import Links, web
from platform_assets.board.words import ago, figure, parsed, span

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "//elsewhere", "file:///x", "http://[", ""],
)
def test_only_addresses_of_the_web_are_linked(address):
    assert web(address) == ""


def test_a_report_in_mlflow_is_linked():
    assert web("http://127.0.0.1:5000/#/x") == "http://127.0.0.1:5000/#/x"


def test_names_cannot_leave_their_part_of_an_address():
    links = Links("http://d", "http://m", {"a/b": "7"})
    assert links.asset("a/../b", 'x"') == "http://d/assets/a%2F..%2Fb/x%22"
    assert links.evaluation("a/b", "r") == "http://m/#/experiments/7/runs/r"
    assert links.evaluation("other", "r") == "http://d/assets/other/evaluation_report"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "now"), (59, "59 s ago"), (3599, "59 min ago"), (7300, "2 h ago"), (90000, "1 d ago")],
)
def test_ages_are_said_in_the_largest_unit(seconds, said):
    assert ago(NOW - timedelta(seconds=seconds), NOW) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(3.14159, "3.14 ms"), (0.0001234, "0.000123 ms"), (12345.6, "12,346 ms"), (0, "0 ms")],
)
def test_figures_have_the_digits_that_count(value, said):
    assert figure(value, "ms") == said


def test_lengths_and_times_are_read_and_said():
    assert [span(timedelta(minutes=one)) for one in (1, 15, 60, 1440)] == [
        "1 min",
        "15 min",
        "1 h",
        "1 d",
    ]
    assert parsed("2026-03-01T12:00:00+00:00") == parsed("2026-03-01T12:00:00") == NOW
    assert parsed("soon") is None

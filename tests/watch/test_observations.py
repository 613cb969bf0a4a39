"""The table of what was observed: each window of a version is judged once."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from platform_assets.watch.alerts import Rule, alerts, raised
from platform_assets.watch.observations import Outcome, observed, record, table
from tests.support.watched import DAY, FIRST, QUIET, days

EVER = datetime(1970, 1, 1, tzinfo=UTC)


def test_what_is_recorded_is_observed_as_it_was(lake):
    found = replace(QUIET, value=0.31, low=0.2, high=0.4, outcome=Outcome.BEYOND)
    empty = replace(QUIET, subject="", value=None, threshold=None, outcome=Outcome.TOO_FEW)
    record(lake, "fraud", [found, empty])
    assert observed(lake, "fraud", EVER) == [empty, found]


def test_a_model_that_was_never_watched_has_nothing_observed(lake):
    assert observed(lake, "fraud", EVER) == []


def test_a_window_is_judged_once_whatever_is_said_later(lake):
    record(lake, "fraud", [QUIET])
    version = lake.version(table("fraud"))
    record(lake, "fraud", [replace(QUIET, value=9.0, outcome=Outcome.BEYOND)])
    assert observed(lake, "fraud", EVER) == [QUIET]
    assert lake.version(table("fraud")) == version


def test_of_two_that_ask_the_same_in_one_breath_the_first_is_kept(lake):
    record(lake, "fraud", [QUIET, replace(QUIET, value=9.0)])
    assert observed(lake, "fraud", EVER) == [QUIET]


def test_another_window_version_environment_or_subject_is_another_row(lake):
    others = [
        replace(QUIET, start=FIRST + DAY, end=FIRST + 2 * DAY),
        replace(QUIET, digest="e" * 64),
        replace(QUIET, environment="staging"),
        replace(QUIET, subject="hour"),
    ]
    record(lake, "fraud", [QUIET, *others])
    assert len(observed(lake, "fraud", EVER)) == 5


def test_only_windows_from_a_time_on_are_asked_for(lake):
    record(lake, "fraud", days("oooo"))
    assert [one.start for one in observed(lake, "fraud", FIRST + 2 * DAY)] == [
        FIRST + 2 * DAY,
        FIRST + 3 * DAY,
    ]


def test_nothing_to_record_makes_no_table(lake):
    record(lake, "fraud", [])
    assert not lake.exists(table("fraud"))


RULE = Rule(n=2, m=3, minimum_rows=200)


def test_one_window_beyond_raises_nothing():
    assert alerts(days("ooxo"), RULE) == []
    assert alerts(days("x"), RULE) == []


def test_two_of_three_raise_an_alert_that_says_since_when_and_shows_its_newest_window():
    (found,) = alerts(days("oxox"), RULE)
    assert (found.since, found.last) == (FIRST + DAY, FIRST + 4 * DAY)
    assert (found.monitor, found.subject) == ("input_drift", "amount")
    assert found.evidence == days("oxox")[3]


def test_an_alert_ends_when_the_windows_are_good_again():
    assert alerts(days("xxooo"), RULE) == []
    assert len(raised(days("xxooo"), RULE)) == 1


def test_a_second_time_is_a_second_alert():
    first, second = raised(days("xxoooxx"), RULE)
    assert first.last == FIRST + 2 * DAY
    assert second.since == FIRST + 5 * DAY


def test_windows_with_too_few_rows_count_neither_way():
    assert len(alerts(days("x--x--"), RULE)) == 1
    assert alerts(days("xx", rows=199), RULE) == []


def test_a_version_is_stale_however_few_ask_it():
    assert len(alerts(days("xx", rows=1, monitor="staleness"), RULE)) == 1


def test_each_version_and_column_is_a_question_of_its_own():
    mixed = [*days("x", subject="a"), *days("ox", subject="b"), *days("oox", digest="e" * 64)]
    assert alerts(mixed, RULE) == []


def test_the_order_in_which_windows_come_does_not_matter():
    assert alerts(days("oxox")[::-1], RULE) == alerts(days("oxox"), RULE)


@given(st.text("ox-", max_size=20), st.integers(1, 4), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_an_alert_stands_exactly_while_the_rule_holds(said, n, more):
    rule = Rule(n, n + more, 200)
    counted = [letter for letter in said if letter != "-"]
    holds = counted[-rule.m :].count("x") >= n
    assert bool(alerts(days(said), rule)) == holds
    assert set(alerts(days(said), rule)) <= set(raised(days(said), rule))

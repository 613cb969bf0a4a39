"""Freshness and volume against the past of a table, on histories that are drawn by chance."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import numpy as np
import pytest

from platform_assets.data.history import (
    LEAST,
    Delivered,
    arrivals,
    freshness,
    volume,
)
from platform_assets.metadata import check_result

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
KEY = dg.AssetKey(["tiny", "cleaned"])


def of_rows(rows):
    """A delivery a day with these numbers of rows."""
    return [
        Delivered(f"day-{day:03d}.csv", START + day * DAY, int(count))
        for day, count in enumerate(rows)
    ]


def alarms(rows, factor=1.0):
    """The share of days on which a delivery of `factor` times its rows would be warned of."""
    days = range(LEAST, len(rows))
    tried = [of_rows([*rows[:day], round(rows[day] * factor)]) for day in days]
    return sum(not volume(history).passed for history in tried) / len(days)


def steady(seed):
    return np.random.default_rng(seed).normal(10_000, 700, 200)


def busy_on_workdays(seed):
    usual = np.where(np.arange(200) % 7 >= 5, 300, 1000)
    return usual * np.random.default_rng(seed).normal(1, 0.08, 200)


def small(seed):
    return np.random.default_rng(seed).poisson(25, 200)


def growing(seed):
    return 1000 * 1.01 ** np.arange(200) * np.random.default_rng(seed).normal(1, 0.08, 200)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", [steady, busy_on_workdays, small, growing])
def test_a_history_in_its_usual_way_is_hardly_ever_warned_of(kind, seed):
    assert alarms(kind(seed)) <= 0.02


@pytest.mark.parametrize(("kind", "caught"), [(steady, 1.0), (growing, 0.6)])
@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_half_and_double_a_delivery_are_caught(kind, caught, factor):
    assert alarms(kind(0), factor) >= caught


def test_the_same_number_of_rows_each_day_leaves_room_for_some_more():
    assert volume(of_rows([500] * 20 + [540])).passed
    assert not volume(of_rows([500] * 20 + [250])).passed


def test_one_odd_delivery_of_the_past_excuses_no_other():
    rows = list(steady(0)[:30])
    rows[10] /= 2
    assert not volume(of_rows([*rows, 5000])).passed


def test_an_empty_delivery_is_caught_and_named():
    found = volume(of_rows([*steady(0)[:20], 0]))
    assert found.warnings[0].startswith("day-020.csv has 0 rows, where ")


def test_a_young_table_passes_and_says_why():
    found = volume(of_rows([1000] * LEAST))
    assert found.passed
    assert found.text == "not judged yet: 7 earlier deliveries are there, 8 are needed"


def test_a_table_without_deliveries_is_not_judged():
    assert "not judged yet" in volume([]).text
    assert "not judged yet" in freshness([], START).text


def test_each_delivery_of_the_last_arrival_is_judged():
    history = of_rows(steady(0)[:20])
    last = START + 20 * DAY
    together = [Delivered("half", last, 5000), Delivered("whole", last, 10_000)]
    assert "half has 5000" in volume([*history, *together]).text
    assert "whole" not in volume([*history, *together]).text


def daily(days=60, seed=0, jitter=1.0):
    """A file a day, an hour or so after its day has ended, with events until the end of it."""
    late = np.abs(np.random.default_rng(seed).normal(0, jitter, days))
    return [
        Delivered(
            f"{day}", START + (day + 1) * DAY + late[day] * HOUR, 1000, START + (day + 1) * DAY
        )
        for day in range(days)
    ]


def workdays(days=60, seed=0, jitter=1.0):
    return [one for one in daily(days, seed, jitter) if one.arrived.weekday() < 5]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", [daily, workdays])
@pytest.mark.parametrize("jitter", [0.01, 1.0, 3.0])
def test_arrivals_in_their_usual_rhythm_are_hardly_ever_warned_of(kind, seed, jitter):
    history = kind(days=365, seed=seed, jitter=jitter)
    days = range(LEAST + 1, len(history))
    late = [freshness(history[:day], history[day].arrived) for day in days]
    assert sum(not found.passed for found in late) <= 0.02 * len(days)


def test_an_old_file_delivered_again_is_caught_on_arrival():
    history = daily()
    again = Delivered("again", START + 61 * DAY, 1000, history[40].newest)
    assert "was an old file delivered again?" in freshness([*history, again], again.arrived).text


def test_an_arrival_that_is_overdue_is_caught():
    history = daily()
    found = freshness(history, history[-1].arrived + 2 * DAY)
    assert "nothing has arrived for 48.0 hours" in found.text
    assert freshness(history, history[-1].arrived + DAY).passed


def test_a_weekend_is_no_delay_where_weekends_are_a_habit():
    history = workdays()
    friday = max(one.arrived for one in history if one.arrived.weekday() == 4)
    past = [one for one in history if one.arrived <= friday]
    assert freshness(past, friday + 3 * DAY).passed
    assert not freshness(past, friday + 5 * DAY).passed


def test_without_events_only_the_rhythm_is_judged():
    history = [Delivered(one.name, one.arrived, one.rows) for one in daily()]
    assert freshness(history, history[-1].arrived).passed
    assert not freshness(history, history[-1].arrived + 2 * DAY).passed


def test_a_backlog_counts_as_one_arrival():
    backlog = [
        Delivered(f"b{day}", START + 60 * DAY + timedelta(seconds=day), 1000, START + day * DAY)
        for day in range(60)
    ]
    assert len(arrivals(backlog)) == 1
    assert freshness(backlog, START + 61 * DAY).text.startswith(
        "not judged yet: 0 earlier arrivals"
    )


def test_a_stream_of_small_files_is_judged_by_the_hour():
    files = [
        Delivered(f"{nth}", START + nth * timedelta(minutes=5), 100 + nth % 7) for nth in range(300)
    ]
    assert len(arrivals(files)) == 24
    assert freshness(files, files[-1].arrived + HOUR).passed
    assert not freshness(files, files[-1].arrived + 4 * HOUR).passed
    half = Delivered("half", files[-1].arrived + timedelta(minutes=5), 50)
    assert "half has 50 rows" in volume([*files, half]).text


def test_the_order_in_which_deliveries_are_told_does_not_matter():
    history = daily()
    shuffled = [history[place] for place in np.random.default_rng(0).permutation(len(history))]
    assert freshness(shuffled, START + 63 * DAY) == freshness(history, START + 63 * DAY)
    assert volume(shuffled) == volume(history)


def test_what_is_unusual_warns_and_stops_nothing():
    history = daily()
    late = freshness(history, history[-1].arrived + 9 * DAY)
    short = volume([*history, Delivered("short", START + 61 * DAY, 10)])
    for found in (late, short):
        result = check_result("volume", found, KEY)
        assert not result.passed
        assert result.severity is dg.AssetCheckSeverity.WARN

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from platform_assets.ml.time_order import time_order

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def hours(count, start="2026-01-01"):
    return pd.Series(pd.Timestamp(start) + pd.to_timedelta(np.arange(count), unit="h"))


def judged(train, holdout, by_time=True, now=NOW):
    return time_order(train, holdout, now, by_time=by_time, column="at")


def parts(times, held=0.2):
    cut = round(len(times) * (1 - held))
    return times[:cut], times[cut:]


def test_a_past_before_a_future_passes_and_says_where_it_turns():
    found = judged(*parts(hours(1000)))
    assert found.passed
    assert found.facts["train_until"] == "2026-02-03 07:00:00+00:00"
    assert found.facts["holdout_from"] == "2026-02-03 08:00:00+00:00"


def test_training_rows_from_after_the_holdout_began_block():
    train, holdout = parts(hours(1000))
    late = pd.concat([train, holdout[-3:]])
    assert "3 rows to learn from are not before the holdout" in judged(late, holdout).blocking[0]


def test_a_moment_on_both_sides_blocks():
    train, holdout = parts(hours(1000))
    assert judged(train, pd.concat([train[-1:], holdout])).blocking


def test_a_random_split_may_mix_the_times():
    times = hours(1000)
    assert judged(times[::2], times[1::2], by_time=False).passed


@pytest.mark.parametrize("by_time", [True, False])
def test_rows_from_the_future_are_a_warning(by_time):
    found = judged(*parts(hours(1000)), by_time, now=datetime(2026, 2, 8, tzinfo=UTC))
    assert not found.blocking
    assert "63 rows are later than now" in found.warnings[0]


def test_local_time_ahead_of_utc_is_not_the_future():
    times = hours(1000)
    now = times.max().tz_localize(UTC) - timedelta(hours=14)
    assert judged(*parts(times), now=now).passed


def test_times_with_a_zone_are_compared_in_utc():
    train, holdout = parts(hours(1000).dt.tz_localize("Asia/Tokyo"))
    assert judged(train, holdout).passed
    assert judged(train, holdout).facts["train_until"] == "2026-02-02 22:00:00+00:00"


def test_many_rows_without_a_time_are_a_warning():
    train, holdout = parts(hours(1000))
    train.iloc[:60] = pd.NaT
    assert "6.0% of the rows have no 'at'" in judged(train, holdout).text
    assert judged(train[20:], holdout).passed


def test_a_holdout_of_one_moment_is_a_warning():
    train, holdout = parts(hours(1000))
    assert "has the one time" in judged(train, holdout[:1]).text


def test_a_gap_right_before_the_holdout_is_a_warning():
    train, holdout = parts(hours(1000))
    assert "nothing is there between" in judged(train, holdout + timedelta(days=20)).text


def test_gaps_that_are_a_habit_of_the_table_are_not():
    months = pd.Series(pd.date_range("2024-01-01", periods=24, freq="MS").repeat(50))
    assert judged(*parts(months, held=0.25)).passed


@pytest.mark.parametrize(
    "values",
    [
        [date(2026, 1, 1) + timedelta(days=one) for one in range(100)],
        list(range(2015, 2026)),
        [f"2026-{month:02d}" for month in range(1, 13)],
    ],
)
def test_dates_years_and_text_are_compared_too(values):
    train, holdout = parts(pd.Series(values))
    assert judged(train, holdout).passed
    assert judged(holdout, train).blocking


@pytest.mark.parametrize("side", [0, 1])
def test_a_part_without_a_time_blocks(side):
    given = list(parts(hours(100)))
    given[side] = given[side].where(given[side].isna())
    assert judged(*given).blocking == ["no row with a 'at' on one side"]

"""Which windows are judged, what of their traffic, and once."""

from datetime import timedelta

import pandas as pd
import pyarrow as pa
import pytest

from platform_assets.watch.judging import unlabelled
from platform_assets.watch.landing_log import table
from platform_assets.watch.log_rows import (
    DIGEST,
    ENVIRONMENT,
    REQUEST_ID,
    ROW,
    SCHEMA,
    TIME,
)
from platform_assets.watch.monitors.labels import QUALITY
from platform_assets.watch.observations import Outcome, observed
from platform_assets.watch.traffic import MOST_ROWS, ROW_ID, row_ids, traffic, windows_due
from platform_assets.watch.windows import Window, closed_until, due, window_of
from resources.inference import probe_id
from serving.access.grants import PROBE
from tests.support.watched import DAY, FIRST
from tests.support.watched_model import Watched, model, orders

HOUR = timedelta(hours=1)


@pytest.fixture
def place(tmp_path):
    return Watched(tmp_path)


def test_windows_begin_at_whole_multiples_of_their_length():
    assert window_of(FIRST + 5 * HOUR, DAY) == Window(FIRST, FIRST + DAY)
    assert window_of(FIRST + DAY, DAY).start == FIRST + DAY


def test_a_window_is_closed_once_its_last_rows_can_have_landed():
    assert closed_until(FIRST + DAY + timedelta(minutes=9), DAY) == FIRST
    assert closed_until(FIRST + DAY + timedelta(minutes=10), DAY) == FIRST + DAY
    minute = timedelta(minutes=1)
    assert closed_until(FIRST + minute, minute) == FIRST


def test_a_window_is_not_closed_while_rows_of_it_wait_to_land(place):
    """A window was judged by the rows that had landed, and those that came late by nobody."""
    now, frame = FIRST + DAY + HOUR, orders(300, seed=2)
    place.ask(0, frame)
    found = [
        windows_due(place.lake, "tiny", FIRST, now, DAY, waiting)
        for waiting in (FIRST + DAY - HOUR, FIRST + DAY + HOUR / 2, None)
    ]
    assert [len(one) for one in found] == [0, 1, 1]


def test_only_closed_windows_in_which_something_was_asked_are_due():
    times = [FIRST + one * DAY + HOUR for one in (0, 2, 2, 3)]
    found = due(times, FIRST + DAY, FIRST + 3 * DAY + 2 * HOUR, DAY)
    assert [one.start for one in found] == [FIRST + 2 * DAY]


def test_a_window_is_judged_when_it_is_over_and_once(place):
    place.ask(0, orders(300, seed=2))
    place.ask(1, orders(50, seed=3, name="late"))
    first = place.judge(0)
    assert {one.start for one in first} == {FIRST}
    assert place.judge(0) == []
    assert {one.start for one in place.judge(1)} == {FIRST + DAY}


def test_a_judge_that_was_away_catches_up_on_every_window(place):
    for day in range(3):
        place.ask(day, orders(30, seed=day))
    assert {one.start for one in place.judge(2)} == {FIRST + day * DAY for day in range(3)}


def test_windows_with_few_rows_are_too_few_to_judge(place):
    place.ask(0, orders(100, seed=2).assign(amount=9000.0))
    found = [one for one in place.judge(0) if one.monitor != "staleness"]
    assert {one.outcome for one in found} == {Outcome.TOO_FEW}


def test_what_slipway_asks_itself_is_no_traffic(place):
    place.ask(0, orders(300, seed=2))
    place.ask(0, orders(300, seed=3).assign(amount=9000.0), prefix=PROBE, latency_ms=900.0)
    (found,) = traffic(place.lake, "tiny", Window(FIRST, FIRST + DAY))
    assert (len(found.requests), len(found.logged)) == (300, 300)
    place.judge(0)
    found = observed(place.lake, "tiny", FIRST)
    assert Outcome.BEYOND not in {one.outcome for one in found}
    assert probe_id().startswith(PROBE)
    assert probe_id() != probe_id()


def test_a_window_in_which_only_slipway_asked_is_not_due(place):
    """Such windows leave no row, so each run looked at all of them again."""
    place.ask(0, orders(30, seed=2), prefix=PROBE)
    place.ask(1, orders(30, seed=3))
    found = windows_due(place.lake, "tiny", FIRST, FIRST + 3 * DAY, DAY)
    assert found == [Window(FIRST + DAY, FIRST + 2 * DAY)]


def test_a_model_that_nobody_ever_asked_has_nothing_to_judge(place):
    assert place.judge(0) == []


def test_rows_of_one_request_are_told_apart_and_a_request_sent_again_is_the_same():
    asked = [("a", 0), ("b", 0), ("b", 1), ("c", 0), ("c", 0)]
    logged = pd.DataFrame(asked, columns=[REQUEST_ID, ROW])
    assert list(row_ids(logged)) == ["a", "b/0", "b/1", "c", "c"]


def test_of_a_busy_window_rows_of_any_place_are_kept_and_named_as_among_all(place):
    """Of requests of two rows only the first were kept, named as if they had been alone."""
    count = 2 * MOST_ROWS
    given = {
        REQUEST_ID: [f"r{number // 2}" for number in range(count)],
        ROW: [0, 1] * MOST_ROWS,
        TIME: [FIRST] * count,
        ENVIRONMENT: ["production"] * count,
        DIGEST: ["d"] * count,
    }
    nothing = {one.name: pa.nulls(count, one.type) for one in SCHEMA}
    place.lake.append(table("tiny"), pa.table(nothing | given, SCHEMA), [])
    (found,) = traffic(place.lake, "tiny", Window(FIRST, FIRST + DAY))
    assert len(found.logged) == MOST_ROWS
    assert set(found.logged[ROW_ID].str[-2:]) == {"/0", "/1"}


def test_labels_are_waited_for_and_judge_their_window_once_they_are_there(place):
    frame = orders(300, seed=2)
    place.ask(0, frame)
    assert QUALITY not in {one.monitor for one in place.judge(0)}
    place.deliver(frame[:100])
    assert place.judge(1) == []
    place.deliver(frame[100:])
    found = place.judge(2)
    assert {one.monitor for one in found} == {QUALITY, "skew"}
    assert {one.start for one in found} == {FIRST}
    assert unlabelled(observed(place.lake, "tiny", FIRST)) == set()


def test_quality_is_of_the_labels_of_several_windows_and_stands_at_the_newest(tmp_path):
    """A day with few positives said nothing alone, however bad a fortnight was."""
    place = Watched(tmp_path, model(quality_windows=3))
    for day, rows in enumerate((100, 200, 300, 400)):
        frame = orders(rows, seed=day, name=f"{day}-")
        place.ask(day, frame)
        place.deliver(frame)
        place.judge(day)
    found = [one for one in observed(place.lake, "tiny", FIRST) if one.monitor == QUALITY]
    assert [one.rows for one in found] == [100, 300, 600, 900]
    assert [one.start for one in found] == [FIRST + day * DAY for day in range(4)]


def test_windows_of_another_version_say_nothing_of_the_quality_of_this_one(tmp_path):
    place = Watched(tmp_path, model(quality_windows=3))
    for day, digest in enumerate((place.digest, f"sha256:{'b' * 64}")):
        place.digest, frame = digest, orders(300, seed=day, name=f"{day}-")
        place.ask(day, frame)
        place.deliver(frame)
        place.judge(day)
    found = [one for one in observed(place.lake, "tiny", FIRST) if one.monitor == QUALITY]
    assert [(one.digest, one.rows) for one in found][-1] == (place.digest, 300)


def test_after_label_days_a_window_is_judged_with_the_labels_that_came(tmp_path):
    place, frame = Watched(tmp_path, model(label_days=5)), orders(300, seed=2)
    place.ask(0, frame)
    place.judge(0)
    place.deliver(frame[:210])
    assert place.judge(4) == []
    (found,) = (one for one in place.judge(5) if one.monitor == QUALITY)
    assert (found.rows, found.outcome) == (210, Outcome.OK)

from dataclasses import replace

import pytest

from platform_assets.arrivals import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    Asked,
    Request,
    Sight,
    Wait,
    decide_arrivals,
    describe,
    pause,
)
from platform_assets.data.sources.port import Arrival

NOW = 1_000_000.0
NEVER = Asked()


def files(count):
    return [Arrival(f"{number:06}.csv", f"s{number}", 1) for number in range(count)]


def sight(waiting=0, **changes):
    empty = Sight(
        "/landing", seen=10, waiting=files(waiting), skipped={}, known=0, unfinished=0, now=NOW
    )
    return replace(empty, **changes)


def requested(given, last=NEVER, batch_files=500):
    decision = decide_arrivals(given, last, batch_files)
    assert isinstance(decision, Request)
    return decision


def waited(given, last=NEVER, batch_files=500):
    decision = decide_arrivals(given, last, batch_files)
    assert isinstance(decision, Wait)
    return decision.reason


def test_nothing_new_starts_nothing():
    assert waited(sight()) == "10 files in /landing, none of them new"


def test_new_files_start_a_run_over_all_of_them():
    request = requested(sight(waiting=3))
    assert (request.files, request.whole) == (3, True)
    assert request.reason == "10 files in /landing, 3 new"


def test_of_a_backlog_only_one_batch_is_asked_for():
    request = requested(sight(waiting=100_000))
    assert (request.files, request.whole) == (500, False)


def test_a_last_batch_that_is_exactly_full_is_whole():
    assert requested(sight(waiting=500)).whole


def test_while_a_run_of_the_model_is_at_work_nothing_is_asked_for():
    assert waited(sight(waiting=3, unfinished=1)).endswith("a run of this model is under way")


def test_the_same_request_has_the_same_key_and_the_next_attempt_another():
    first, again = requested(sight(waiting=3)), requested(sight(waiting=3, now=NOW + 1))
    assert first.run_key == again.run_key
    later = sight(waiting=3, now=NOW + FIRST_PAUSE_SECONDS)
    assert requested(later, first.asked).run_key != first.run_key


def test_after_a_run_that_took_nothing_in_the_next_waits():
    asked = requested(sight(waiting=3)).asked
    reason = waited(sight(waiting=3, now=NOW + 4), asked)
    assert reason.endswith("1 run took nothing in, the next starts in 6 s")
    assert requested(sight(waiting=3, now=NOW + 10), asked).asked.attempts == 2


def test_new_files_do_not_shorten_the_pauses_of_runs_that_fail():
    asked = requested(sight(waiting=3)).asked
    assert "took nothing in" in waited(sight(waiting=4, now=NOW + 1), asked)


def test_once_something_was_taken_in_the_next_batch_waits_for_nothing():
    asked = Asked("abc", known=0, attempts=7, at=NOW)
    assert requested(sight(waiting=3, known=2), asked).asked.attempts == 1


def test_pauses_double_up_to_the_longest():
    pauses = [pause(attempts) for attempts in range(9)]
    assert pauses[:4] == [0, FIRST_PAUSE_SECONDS, 2 * FIRST_PAUSE_SECONDS, 4 * FIRST_PAUSE_SECONDS]
    assert pauses[-1] == pause(10_000) == LONGEST_PAUSE_SECONDS


def test_what_was_skipped_is_told_with_reasons_and_the_first_names():
    skipped = {f"{name}.csv": "hidden" for name in "abcde"} | {"x.csv": "still being written"}
    assert describe(sight(skipped=skipped)) == (
        "10 files in /landing, none of them new; skipped: "
        "5 hidden (a.csv, b.csv, c.csv and 2 more); 1 still being written (x.csv)"
    )


def test_what_a_table_brings_is_no_file():
    assert describe(sight(waiting=1, seen=1, unit="pull")) == "1 pull in /landing, 1 new"


@pytest.mark.parametrize("cursor", [None, "", "no JSON", '{"a.csv": "10-1"}', "[1]"])
def test_a_cursor_of_another_version_counts_as_none(cursor):
    assert Asked.parse(cursor) == NEVER


def test_the_cursor_is_read_as_it_was_written_and_stays_small():
    asked = requested(sight(waiting=100_000)).asked
    assert Asked.parse(asked.text()) == asked
    assert len(asked.text()) < 200

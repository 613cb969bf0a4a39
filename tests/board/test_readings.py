"""Sources that are slow or down never keep a page waiting, and what they said last is kept."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from platform_assets.board.gather import SourceDown
from platform_assets.board.readings import Source, Sources
from tests.support.waiting import until

LONG = 120.0
START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """Stands still until it is moved on."""

    def __init__(self):
        self.time = START

    def __call__(self):
        return self.time

    def on(self, seconds=60.0):
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


def watched(look, clock):
    return Sources({"it": Source(look, clock)})


def answers(*given):
    """A look that says these things one after the other."""
    left = iter(given)

    def look():
        found = next(left)
        if isinstance(found, Exception):
            raise found
        return found

    return look


def test_what_a_source_says_is_read_with_its_time(clock):
    reading = watched(lambda: 7, clock).readings(LONG)["it"]
    assert (reading.value, reading.at, reading.trouble) == (7, START, "")


def test_a_source_is_not_asked_again_while_its_answer_is_fresh(clock):
    asked = []
    sources = watched(lambda: asked.append(1), clock)
    for _ in range(3):
        sources.readings(LONG)
    clock.on()
    sources.readings(LONG)
    assert len(asked) == 2


def test_a_source_that_goes_down_keeps_its_last_answer_and_says_why(clock):
    sources = watched(answers(7, SourceDown("it", "x", "gone")), clock)
    sources.readings(LONG)
    clock.on()
    reading = sources.readings(LONG)["it"]
    assert (reading.value, reading.at) == (7, START)
    assert "it at x does not answer: gone" in reading.trouble


def test_a_source_that_comes_back_says_nothing_of_its_trouble(clock):
    sources = watched(answers(KeyError("a fault of ours"), 7), clock)
    assert sources.readings(LONG)["it"].trouble == "'a fault of ours'"
    clock.on()
    assert sources.readings(LONG)["it"].trouble == ""


def test_once_all_are_known_a_page_does_not_wait_for_what_is_newer(clock):
    answered, left = threading.Event(), [8, 7]

    def look():
        assert len(left) == 2 or answered.wait(LONG)
        return left.pop()

    sources = watched(look, clock)
    sources.readings(LONG, again=0.0)
    clock.on()
    try:
        assert sources.readings(LONG, again=0.0)["it"].value == 7
    finally:
        answered.set()
        sources.close()


def test_a_source_that_hangs_is_asked_once_and_shown_when_it_answers(clock):
    answered, asked = threading.Event(), []

    def look():
        asked.append(1)
        assert answered.wait(LONG)
        return 7

    source = Source(look, clock)
    sources = Sources({"it": source})
    try:
        assert sources.readings(0.0)["it"].value is None
        clock.on()
        assert sources.readings(0.0)["it"].asking
        with ThreadPoolExecutor() as threads:
            assert source.ask(threads) is None
        answered.set()
        until(lambda: not source.reading.asking)
    finally:
        answered.set()
        sources.close()
    assert (source.reading.value, len(asked)) == (7, 1)

"""What takes too long is cut off, and alarms of others go on."""

import itertools
import signal
import threading
import time

import pytest

from platform_assets.ml.limit import OutOfTime, within


def for_ever():
    for _ in itertools.count():
        pass


def stubborn():
    """As an estimator that goes on whatever a part of it raises, the first time."""
    try:
        for_ever()
    except OutOfTime:
        for_ever()


@pytest.mark.parametrize("endless", [for_ever, stubborn])
def test_what_does_not_end_is_cut_off(endless, monkeypatch):
    monkeypatch.setattr("platform_assets.ml.limit.INSIST_SECONDS", 0.01)
    with pytest.raises(OutOfTime), within(0.05):
        endless()


def test_what_ends_in_time_gives_back_the_alarm_that_was_set_before():
    def mine(number, frame):
        pass

    before = signal.signal(signal.SIGALRM, mine)
    left, again = signal.setitimer(signal.ITIMER_REAL, 1000)
    try:
        with within(500):
            pass
        assert signal.getsignal(signal.SIGALRM) is mine
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 1000
    finally:
        signal.setitimer(signal.ITIMER_REAL, left, again)
        signal.signal(signal.SIGALRM, before)


def test_an_alarm_that_came_due_meanwhile_rings_right_after():
    # A list, since an event's lock may be held by the very thread that the alarm interrupts.
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _: rung.append(number))
    left, again = signal.setitimer(signal.ITIMER_REAL, 0.01)
    try:
        with within(500):
            begun = time.monotonic()
            while time.monotonic() - begun < 0.02:
                pass
        deadline = time.monotonic() + 60
        while not rung and time.monotonic() < deadline:
            time.sleep(0.001)
        assert rung == [signal.SIGALRM]
    finally:
        signal.setitimer(signal.ITIMER_REAL, left, again)
        signal.signal(signal.SIGALRM, before)


def test_another_thread_has_no_alarm_and_does_its_work():
    done = []

    def work():
        with within(500):
            done.append(signal.getitimer(signal.ITIMER_REAL))

    thread = threading.Thread(target=work)
    before = signal.getitimer(signal.ITIMER_REAL)[0]
    thread.start()
    thread.join()
    assert done[0][0] <= before

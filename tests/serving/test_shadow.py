"""Work behind the answer: in order, bounded, counted where it is dropped, and never in the way."""

import threading

from serving.shadow import MOST_BYTES, MOST_WAITING, Shadow
from tests.support.waiting import until


def held(shadow: Shadow) -> threading.Event:
    """Keep the thread busy until the event is set."""
    begun, go = threading.Event(), threading.Event()
    shadow.offer(lambda: (begun.set(), go.wait()), 1)
    assert begun.wait(60)
    return go


def test_work_is_done_in_the_order_in_which_it_came():
    shadow, done = Shadow(), []
    for number in range(50):
        shadow.offer(lambda number=number: done.append(number), 1)
    until(lambda: shadow.waiting == 0)
    assert (done, shadow.dropped) == (list(range(50)), 0)


def test_what_finds_the_queue_full_is_dropped_and_counted():
    shadow, done = Shadow(), []
    go = held(shadow)
    for _ in range(MOST_WAITING + 9):
        shadow.offer(lambda: done.append(1), 1)
    assert (shadow.waiting, shadow.dropped) == (MOST_WAITING, 10)
    go.set()
    until(lambda: shadow.waiting == 0)
    assert len(done) == MOST_WAITING - 1


def test_what_would_hold_too_many_bytes_is_dropped_too():
    shadow = Shadow()
    go = held(shadow)
    shadow.offer(lambda: None, MOST_BYTES)
    assert shadow.dropped == 1
    go.set()


def test_work_that_fails_is_told_and_the_next_is_done(caplog):
    shadow, done = Shadow(), []
    shadow.offer(lambda: 1 // 0, 1)
    shadow.offer(lambda: done.append(1), 1)
    until(lambda: shadow.waiting == 0)
    assert done == [1]
    assert "could not be scored once more" in caplog.text


def test_a_closed_one_takes_nothing_and_its_thread_ends():
    shadow, done = Shadow(), []
    go = held(shadow)
    shadow.offer(lambda: done.append(1), 1)
    shadow.close()
    shadow.offer(lambda: done.append(1), 1)
    go.set()
    shadow._thread.join(60)
    assert (done, shadow.dropped, shadow._thread.is_alive()) == ([], 1, False)

import threading

import pytest

from resources.dealing import dealt


def broken_after(*numbers: int):
    yield from numbers
    raise OSError("the source broke")


def test_each_thread_gets_its_share_in_turn():
    assert dealt(range(7), list, 3) == [[0, 3, 6], [1, 4], [2, 5]]


def test_who_is_slow_loses_nothing_to_who_is_fast():
    ended = threading.Event()

    def work(items):
        mine = [next(items)]
        if mine == [0]:
            return mine + [item for item in items if ended.wait(60)]
        mine.append(next(items))
        ended.set()
        return mine + list(items)

    assert dealt(iter(range(5)), work, 2) == [[0, 2, 4], [1, 3]]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_fewer_items_than_threads_leave_some_with_none(number):
    assert dealt(range(number), list, 2) == [list(range(number))[:1], list(range(number))[1:]]


def test_several_threads_work_at_the_same_time():
    meeting = threading.Barrier(2)

    def work(items):
        return [meeting.wait(60) for _ in items]

    assert sorted(place for share in dealt(range(2), work, 2) for place in share) == [0, 1]


def test_one_thread_is_the_caller():
    assert dealt([1], lambda items: [threading.get_ident() for _ in items], 1) == [
        [threading.get_ident()]
    ]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_what_the_items_raise_is_raised_and_all_threads_end(threads):
    with pytest.raises(OSError, match="the source broke"):
        dealt(broken_after(1, 2, 3), list, threads)
    assert not [one for one in threading.enumerate() if one.name.startswith("dealt")]


def test_a_thread_that_fails_keeps_no_other_waiting_for_its_turn():
    def work(items):
        for item in items:
            if item == 0:
                raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        dealt(range(1_000_000), work, 2)

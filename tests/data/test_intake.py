import hashlib
import multiprocessing
import os
from datetime import datetime
from multiprocessing.synchronize import Barrier

import pytest

from platform_assets.data import blocks, ledger
from platform_assets.data.blocks import Delivery, content
from platform_assets.data.intake import judge_arrivals, take_in
from platform_assets.data.ledger import Outcome
from platform_assets.data.sources.folder import FolderSource
from platform_assets.data.sources.port import Arrival
from resources import delta_files
from tests.support.delivered import MODEL, Deliveries, orders

RAW = f"{MODEL}/raw"
ARRIVED = datetime.fromisoformat("2026-01-01")


def outcomes(taken):
    return {entry.name: entry.outcome for entry in taken.entries}


def bytes_of(deliveries):
    lake, version = deliveries.lake, deliveries.lake.version(RAW)
    found = {}
    for one in deliveries.landed():
        with content(lake, RAW, version, one) as stream:
            found[one.file] = stream.read()
    return found


def test_an_arrival_lands_byte_for_byte(deliveries):
    whole = {"a.csv": b"\xff\x00 no csv", "b.csv": b"", "c.csv": orders(0, 3)}
    for name, one in whole.items():
        deliveries.deliver(name, one)
    taken = deliveries.take_in()
    assert set(outcomes(taken).values()) == {Outcome.LANDED}
    assert bytes_of(deliveries) == whole


def test_a_file_that_is_much_lands_byte_for_byte_in_two_files(deliveries, monkeypatch):
    monkeypatch.setattr(delta_files, "MUCH_BYTES", 1)
    monkeypatch.setattr(blocks, "BLOCK", 7)
    deliveries.deliver("a.csv", orders(0, 30))
    deliveries.take_in()
    assert bytes_of(deliveries) == {"a.csv": orders(0, 30)}
    assert len(deliveries.lake.table(RAW).file_uris()) == 2


def test_a_delivery_is_known_by_the_digest_of_its_content(deliveries):
    deliveries.deliver("a.csv", b"x")
    deliveries.take_in()
    (found,) = deliveries.landed()
    assert (found.number, found.file, found.size) == (1, "a.csv", 1)
    assert found.digest == hashlib.sha256(b"x").hexdigest()


def test_deliveries_are_numbered_in_order_of_name_from_pass_to_pass(deliveries):
    for name in ("b.csv", "a.csv"):
        deliveries.deliver(name, name.encode())
    deliveries.take_in()
    deliveries.deliver("0.csv", b"0")
    deliveries.take_in()
    numbers = [(one.number, one.file) for one in deliveries.landed()]
    assert numbers == [(1, "a.csv"), (2, "b.csv"), (3, "0.csv")]


def test_nothing_new_changes_nothing(deliveries):
    deliveries.deliver("a.csv", b"x")
    first = deliveries.take_in()
    again = deliveries.take_in()
    assert (again.version, again.entries) == (first.version, ())


def test_the_same_content_under_another_name_is_a_repeat(deliveries):
    deliveries.deliver("a.csv", b"x")
    deliveries.take_in()
    deliveries.deliver("b.csv", b"x")
    assert outcomes(deliveries.take_in()) == {"b.csv": Outcome.REPEATED}
    assert deliveries.take_in().entries == ()
    assert len(deliveries.landed()) == 1


def test_the_same_content_twice_in_one_pass_lands_once(deliveries):
    for name in ("a.csv", "b.csv"):
        deliveries.deliver(name, b"x")
    assert outcomes(deliveries.take_in()) == {"a.csv": Outcome.LANDED, "b.csv": Outcome.REPEATED}
    assert bytes_of(deliveries) == {"a.csv": b"x"}


def test_the_same_content_again_under_its_name_is_a_repeat(deliveries):
    deliveries.deliver("a.csv", b"x")
    deliveries.take_in()
    os.utime(deliveries.landing / "a.csv", ns=(1, 1))
    assert outcomes(deliveries.take_in()) == {"a.csv": Outcome.REPEATED}


def test_a_name_that_comes_with_other_content_is_refused_once(deliveries):
    deliveries.deliver("a.csv", b"x")
    deliveries.take_in()
    deliveries.deliver("a.csv", b"longer")
    taken = deliveries.take_in()
    assert taken.names(Outcome.CHANGED) == ["a.csv"]
    assert deliveries.take_in().entries == ()
    assert bytes_of(deliveries) == {"a.csv": b"x"}


def test_a_refused_name_holds_nothing_else_up(deliveries):
    deliveries.deliver("a.csv", b"x")
    deliveries.take_in()
    deliveries.deliver("a.csv", b"longer")
    deliveries.deliver("b.csv", b"y")
    assert outcomes(deliveries.take_in()) == {"a.csv": Outcome.CHANGED, "b.csv": Outcome.LANDED}


def test_a_backlog_is_worked_off_in_batches(deliveries):
    for number in range(7):
        deliveries.deliver(f"{number}.csv", b"%d" % number)
    waiting = [deliveries.take_in(most=3).waiting for _ in range(3)]
    assert waiting == [4, 1, 0]
    assert [one.file for one in deliveries.landed()] == [f"{number}.csv" for number in range(7)]


def test_a_folder_that_is_not_there_brings_nothing(deliveries):
    taken = deliveries.take_in()
    assert (taken.version, taken.entries, taken.waiting) == (None, (), 0)


def test_what_a_crash_kept_out_of_the_ledger_is_looked_at_again_to_the_same_end(deliveries):
    deliveries.deliver("a.csv", b"x")
    deliveries.take_in()
    (deliveries.landing.parent / "lake" / ledger.table(MODEL)).rename(
        deliveries.landing.parent / "gone"
    )
    assert outcomes(deliveries.take_in()) == {"a.csv": Outcome.REPEATED}
    assert len(deliveries.landed()) == 1
    assert deliveries.take_in().entries == ()


class Rewritten(FolderSource):
    """A folder in which a file is written again right before it is read for the `again`th time."""

    def __init__(self, folder, again):
        super().__init__(folder, "*")
        self._file, self._left = folder / "a.csv", again

    def open(self, arrival):
        self._left -= 1
        if self._left == 0:
            self._file.write_bytes(b"other bytes")
        return super().open(arrival)


@pytest.mark.parametrize("again", [1, 3])
def test_a_file_that_is_written_while_it_is_read_is_left_for_the_next_pass(deliveries, again):
    """It failed the whole pass, and with it the files beside it."""
    deliveries.deliver("a.csv", b"x")
    deliveries.deliver("b.csv", b"y")
    said = []
    taken = take_in(deliveries.lake, MODEL, Rewritten(deliveries.landing, again), 9, said.append)
    assert "'a.csv' changed" in said[0]
    assert (outcomes(taken), taken.waiting) == ({"b.csv": Outcome.LANDED}, 1)
    os.utime(deliveries.landing / "a.csv", (0, 0))
    deliveries.take_in()
    assert bytes_of(deliveries) == {"a.csv": b"other bytes", "b.csv": b"y"}


def test_where_every_file_is_written_anew_nothing_lands(deliveries):
    deliveries.deliver("a.csv", b"x")
    taken = take_in(deliveries.lake, MODEL, Rewritten(deliveries.landing, 2), 9, print)
    assert (taken.version, taken.entries) == (None, ())
    assert not deliveries.lake.exists(RAW)
    assert ledger.seen(deliveries.lake, MODEL) == set()


def arrival(name):
    return Arrival(name, "1", 1)


@pytest.mark.parametrize(
    ("name", "digest", "outcome"),
    [
        ("new", "d9", Outcome.LANDED),
        ("new", "d1", Outcome.REPEATED),
        ("a", "d1", Outcome.REPEATED),
        ("a", "d9", Outcome.CHANGED),
        ("a", "d2", Outcome.CHANGED),
    ],
)
def test_what_becomes_of_an_arrival_follows_from_name_and_content(name, digest, outcome):
    known = [Delivery(1, "d1", "a", ARRIVED), Delivery(2, "d2", "b", ARRIVED)]
    (entry,) = judge_arrivals([(arrival(name), digest)], known)
    assert entry.outcome is outcome


def test_arrivals_of_one_pass_are_judged_one_behind_the_other():
    both = [(arrival("a"), "d1"), (arrival("b"), "d1"), (arrival("a"), "d2")]
    found = [entry.outcome for entry in judge_arrivals(both, [])]
    assert found == [Outcome.LANDED, Outcome.REPEATED, Outcome.CHANGED]


def take_in_step(deliveries: Deliveries, barrier: Barrier, rounds: int) -> None:
    for _ in range(rounds):
        barrier.wait(60)
        deliveries.take_in(most=2)


@pytest.mark.slow
def test_two_processes_that_take_in_one_folder_lose_and_repeat_nothing(deliveries):
    whole = {f"{number:02}.csv": b"%d" % (number // 2) for number in range(20)}
    for name, one in whole.items():
        deliveries.deliver(name, one)
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    takers = [
        context.Process(target=take_in_step, args=(deliveries, barrier, 10)) for _ in range(2)
    ]
    for taker in takers:
        taker.start()
    for taker in takers:
        taker.join()
    assert [taker.exitcode for taker in takers] == [0, 0]
    assert [one.number for one in deliveries.landed()] == list(range(1, 11))
    assert sorted(bytes_of(deliveries).values()) == sorted(set(whole.values()))
    assert deliveries.take_in().entries == ()

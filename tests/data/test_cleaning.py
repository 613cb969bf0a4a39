import csv
import gzip
import io
import multiprocessing
import shutil
from dataclasses import replace
from datetime import datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from platform_assets.data.blocks import Delivery
from platform_assets.data.cleaning import GENERATION, ROWS, first_of
from platform_assets.data.intake import DELIVERIES
from platform_assets.data.sorting import REFUSED
from tests.support.delivered import Deliveries, orders

CLEANED, QUARANTINE = "orders/cleaned", "orders/quarantine"
BAD = "o9,-1,web"
ARRIVED = datetime.fromisoformat("2026-01-01")


def state(deliveries):
    """Rows and marks of both tables: all that a next run depends on."""
    lake = deliveries.lake
    marks = [
        lake.mark(table, mark)
        for table in (CLEANED, QUARANTINE)
        for mark in (DELIVERIES, GENERATION, ROWS)
    ]
    return deliveries.clean_rows(), deliveries.broken_rows(), marks


def versions(deliveries):
    return [deliveries.lake.newest(table) for table in (CLEANED, QUARANTINE)]


def test_good_rows_become_clean_and_bad_ones_go_to_quarantine(deliveries):
    deliveries.process("a.csv", orders(0, 2, BAD))
    assert deliveries.clean_rows() == [("o0", 0.5, "web"), ("o1", 1.5, "web")]
    assert deliveries.broken_rows() == [("a.csv", 2, "value:amount:greater_than_or_equal_to(0)")]
    assert deliveries.lake.mark(QUARANTINE, ROWS) == 3


def test_running_again_changes_nothing(deliveries):
    deliveries.process("a.csv", orders(0, 2, BAD))
    before = versions(deliveries)
    deliveries.clean()
    assert versions(deliveries) == before


def test_a_new_delivery_is_added_behind_the_others(deliveries):
    deliveries.process("a.csv", orders(0, 2, BAD))
    deliveries.process("b.csv", orders(5, 1, "ragged"))
    assert [order for order, _, _ in deliveries.clean_rows()] == ["o0", "o1", "o5"]
    assert [row[:2] for row in deliveries.broken_rows()] == [("a.csv", 2), ("b.csv", 1)]
    assert versions(deliveries) == [1, 1]
    assert deliveries.lake.mark(QUARANTINE, ROWS) == 5


def test_a_key_that_is_in_the_table_already_is_a_duplicate(deliveries):
    deliveries.process("a.csv", orders(0, 3))
    deliveries.process("b.csv", orders(2, 3))
    assert deliveries.broken_rows() == [("b.csv", 0, "duplicate:order")]
    assert [order for order, _, _ in deliveries.clean_rows()] == ["o0", "o1", "o2", "o3", "o4"]


def test_a_delivery_with_too_many_bad_rows_is_refused_whole(deliveries):
    deliveries.deliver("a.csv", orders(0, 1, BAD, "a,x,web"))
    deliveries.deliver("b.csv", orders(0, 2))
    deliveries.take_in()
    deliveries.clean()
    assert [order for order, _, _ in deliveries.clean_rows()] == ["o0", "o1"]
    assert [rule for _, _, rule in deliveries.broken_rows()][::2] == [REFUSED, "type:amount"]


def test_a_refusal_that_makes_another_delivery_good_or_bad_is_thought_through(deliveries):
    """The keys of a refused delivery are no repeats for the ones behind it."""
    deliveries.deliver("a.csv", orders(0, 1, "o1,1,web", "b,x,web", "c,x,web", "d,x,web"))
    deliveries.deliver("b.csv", orders(0, 1, "o1,1,web", "e,x,web"))
    deliveries.take_in()
    deliveries.clean()
    assert [order for order, _, _ in deliveries.clean_rows()] == ["o0", "o1"]
    assert deliveries.places() == {1: [0, 1, 2, 3, 4], 2: [0, 1, 2]}


UNREADABLE = {
    "file:empty": b"",
    "file:columns": b"order,amount\no1,1\n",
    "file:quoting": orders(0, 3) + b'o9,1,"web\n',
    "file:gzip": gzip.compress(orders(0, 3), mtime=0)[:-9],
}


@pytest.mark.parametrize(("rule", "content"), UNREADABLE.items())
def test_a_file_that_cannot_be_read_is_one_row_and_stops_no_other(deliveries, rule, content):
    deliveries.deliver("a.csv", content)
    deliveries.deliver("b.csv", orders(0, 1))
    deliveries.take_in()
    deliveries.clean()
    assert deliveries.broken_rows() == [("a.csv", 0, rule)]
    assert deliveries.clean_rows() == [("o0", 0.5, "web")]


def test_a_gzipped_file_is_read_like_its_content(deliveries):
    deliveries.process("a.csv.gz", gzip.compress(orders(0, 2)))
    assert deliveries.clean_rows() == [("o0", 0.5, "web"), ("o1", 1.5, "web")]


def test_another_way_of_reading_judges_every_delivery_anew(deliveries):
    deliveries.process("a.csv", b"order;amount;channel\no1;1,5;web\n")
    assert deliveries.broken_rows() == [("a.csv", 0, "file:columns")]
    mended = deliveries.read_as(delimiter=";", nulls=["1,5"])
    mended.clean()
    assert mended.clean_rows() == [("o1", None, "web")]
    assert mended.broken_rows() == []
    assert mended.lake.mark(QUARANTINE, ROWS) == 1


def test_a_way_of_reading_and_back_gives_the_same_rows_again(deliveries):
    for name, content in (("a.csv", orders(0, 2, BAD)), ("b.csv", orders(1, 2)), ("c.csv", b"")):
        deliveries.process(name, content)
    before = state(deliveries)
    deliveries.read_as(max_quarantined=0).clean()
    assert state(deliveries) != before
    deliveries.clean()
    assert state(deliveries) == before


def rewind(deliveries, table, version):
    """As if the process had died before it wrote what came behind this version."""
    folder = Path(deliveries.root) / table
    if version is None:
        shutil.rmtree(folder)
        return
    for number in range(version + 1, deliveries.lake.version(table) + 1):
        (folder / "_delta_log" / f"{number:020}.json").unlink()


HISTORY = {
    "a.csv": orders(0, 3, BAD, "ragged"),
    "b.csv": orders(0, 1, BAD, "a,x,web"),
    "c.csv": b"",
    "d.csv": orders(1, 4),
}


@pytest.mark.parametrize("reached", [None, 0, 1, 2])
def test_a_quarantine_that_a_crash_kept_back_is_completed(deliveries, reached):
    for name, content in HISTORY.items():
        deliveries.process(name, content)
    undisturbed = state(deliveries)
    rewind(deliveries, QUARANTINE, reached)
    deliveries.clean()
    assert state(deliveries) == undisturbed


def test_a_crash_between_the_tables_while_all_is_judged_anew_is_completed(deliveries):
    for name, content in HISTORY.items():
        deliveries.process(name, content)
    strict = deliveries.read_as(max_quarantined=0)
    behind = strict.lake.version(QUARANTINE)
    strict.clean()
    undisturbed = state(strict)
    rewind(strict, QUARANTINE, behind)
    strict.clean()
    assert state(strict) == undisturbed


def test_a_delivery_of_repeats_alone_is_completed_as_what_it_was(deliveries):
    """It was completed as refused, though nothing is refused where all rows may be bad."""
    lenient = deliveries.read_as(max_quarantined=1)
    lenient.process("a.csv", orders(0, 2))
    lenient.process("b.csv", orders(0, 2) + b"\n")
    undisturbed = state(lenient)
    rewind(lenient, QUARANTINE, 0)
    lenient.clean()
    assert state(lenient) == undisturbed


def test_after_a_crash_new_deliveries_are_sorted_too(deliveries):
    deliveries.process("a.csv", HISTORY["a.csv"])
    rewind(deliveries, QUARANTINE, None)
    deliveries.process("d.csv", HISTORY["d.csv"])
    assert deliveries.places() == {1: [0, 1, 2, 3, 4], 2: [0, 1, 2, 3]}
    assert deliveries.lake.mark(QUARANTINE, ROWS) == 9


def test_whoever_knows_fewer_deliveries_completes_nothing_of_the_others(deliveries):
    """It had asked for the first of no deliveries, and failed."""
    deliveries.process("a.csv", orders(0, 2, BAD))
    deliveries.process("b.csv", orders(5, 2))
    rewind(deliveries, QUARANTINE, 0)
    deliveries.cleaner._complete_quarantine(raw=0)
    assert deliveries.lake.version(QUARANTINE) == 0
    deliveries.clean()
    assert deliveries.places() == {1: [0, 1, 2], 2: [0, 1]}


def test_deliveries_are_grouped_by_their_bytes():
    sizes = [
        Delivery(number, "", "", ARRIVED, size) for number, size in enumerate((5, 5, 1, 20, 1), 1)
    ]
    assert [one.number for one in first_of(sizes, 10)] == [1, 2]
    assert [one.number for one in first_of(sizes[3:], 10)] == [4]
    assert first_of([], 10) == []


def test_many_deliveries_are_sorted_in_several_commits(deliveries, monkeypatch):
    monkeypatch.setattr("platform_assets.data.cleaning.GROUP_BYTES", 100)
    for number in range(6):
        deliveries.deliver(f"{number}.csv", orders(10 * number, 2))
    deliveries.take_in()
    deliveries.clean()
    assert versions(deliveries) == [2, 2]
    assert deliveries.places() == {number: [0, 1] for number in range(1, 7)}


def fresh(folder, **changes):
    return replace(Deliveries(f"{folder}/lake", Path(folder) / "landing"), **changes)


@settings(max_examples=10)
@given(st.lists(st.lists(st.sampled_from(["o1", "o2", "7", "-1", "web", "", 'a"b', "x\ny"]))))
def test_every_row_that_was_written_is_in_exactly_one_table(table):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["order", "amount", "channel"], *table])
    with TemporaryDirectory() as folder:
        deliveries = fresh(folder)
        deliveries.process("a.csv", text.getvalue().encode())
        rows = [row for row in table if row]
        assert deliveries.places().get(1, []) == list(range(len(rows)))
        assert deliveries.lake.mark(QUARANTINE, ROWS) == len(rows)


@settings(max_examples=15)
@given(st.one_of(st.binary(), st.text('o1,7-"\n\r').map(str.encode)), st.booleans())
@example(content=b'"', behind_header=True)
@example(content=b"\x1f\x8b", behind_header=False)
def test_any_bytes_are_rows_in_one_table_each_or_one_refused_file(content, behind_header):
    with TemporaryDirectory() as folder:
        deliveries = fresh(folder)
        header = b"order,amount,channel\n" if behind_header else b""
        deliveries.process("a.csv", header + content)
        places = deliveries.places().get(1, [])
        assert places == list(range(len(places)))
        assert deliveries.lake.mark(QUARANTINE, ROWS) == len(places)
        before = state(deliveries)
        deliveries.clean()
        assert state(deliveries) == before


def clean_in_step(deliveries: Deliveries, barrier: Barrier, rounds: int) -> None:
    for _ in range(rounds):
        barrier.wait(60)
        deliveries.take_in(most=2)
        deliveries.clean()


@pytest.mark.slow
def test_two_processes_that_sort_the_same_deliveries_lose_and_repeat_nothing(deliveries):
    context, rounds = multiprocessing.get_context("forkserver"), 8
    for number in range(2 * rounds):
        content = orders(10 * number, 3, BAD, f"x{number},-1,web")
        deliveries.deliver(f"{number:02}.csv", content)
    arguments = (deliveries, context.Barrier(2), rounds)
    cleaners = [context.Process(target=clean_in_step, args=arguments) for _ in range(2)]
    for cleaner in cleaners:
        cleaner.start()
    for cleaner in cleaners:
        cleaner.join()
    assert [cleaner.exitcode for cleaner in cleaners] == [0, 0]
    deliveries.clean()
    assert deliveries.places() == {number: [0, 1, 2, 3, 4] for number in range(1, 2 * rounds + 1)}
    assert len(deliveries.clean_rows()) == 3 * 2 * rounds
    assert deliveries.lake.mark(QUARANTINE, ROWS) == 5 * 2 * rounds

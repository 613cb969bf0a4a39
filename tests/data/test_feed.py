import threading
import weakref

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pytest

from platform_assets.data.reading import delimited
from platform_assets.data.reading.feed import AHEAD, Feed
from platform_assets.data.reading.pieces import buffered
from platform_assets.data.reading.read import read_rows
from platform_assets.errors import FileUnreadable
from platform_assets.spec.source import Source
from tests.support.waiting import until

BLOCKS = 50
SOURCE = Source(pattern="*.csv", format="csv")


def test_no_more_than_a_few_blocks_are_in_memory():
    fetched, held = [], []
    feed = Feed((fetched.append(one) or b"x" for one in range(BLOCKS)), 1)
    reading = threading.Thread(target=_read_all, args=(feed, held))
    with feed.few():
        reading.start()
        for gone in range(BLOCKS - AHEAD):
            until(lambda gone=gone: len(held) == AHEAD + gone)
            assert len(fetched) <= AHEAD + gone
            held[gone] = None
    reading.join()
    assert len(held) == BLOCKS


def _read_all(feed, held):
    while len(block := feed.read_buffer(1)):
        held.append(block)
        del block


def test_whoever_waits_is_let_go_at_the_end():
    held = []
    feed = Feed((b"x" for _ in range(BLOCKS)), 1)
    reading = threading.Thread(target=_read_all, args=(feed, held))
    with feed.few():
        reading.start()
        until(lambda: len(held) == AHEAD)
    reading.join()
    assert len(held) == BLOCKS


def test_the_start_can_be_seen_before_it_is_read():
    feed = Feed([b"id,", b"amount\n"], 64)
    assert bytes(feed.peek()) == b"id,amount\n"
    assert bytes(feed.read_buffer(1)) == b"id,amount\n"
    assert not len(feed.read_buffer(1))


def test_arrow_reads_blocks_where_they_lie():
    """They were copied four times on their way."""
    place = pa.py_buffer(b"id\n1\n")
    feed = Feed([memoryview(place)], 64)
    assert feed.read_buffer(64).ctypes.data == place.address
    found = pc.read_csv(pa.PythonFile(Feed([memoryview(place)], 64), mode="r"))
    assert found.to_pydict() == {"id": [1]}


def rows(content, monkeypatch, block=64):
    monkeypatch.setattr(delimited, "BLOCK", block)
    return read_rows(buffered([content], block), ["id"], SOURCE)


def test_many_more_blocks_than_few_come_whole(monkeypatch):
    content = b"id\n" + b"".join(b"%d\n" % one for one in range(10_000))
    found = [text for part in rows(content, monkeypatch) for text in part.text["id"]]
    assert found == [str(one) for one in range(10_000)]


def test_a_reader_that_is_left_early_ends(monkeypatch):
    parts = rows(b"id\n" + b"1\n" * 10_000, monkeypatch)
    assert next(parts).text.height
    parts.close()


def test_a_fault_behind_many_blocks_ends_the_reading(monkeypatch):
    content = b"id\n" + b"1\n" * 5_000 + b'"' + b"1" * 1_000 + b"\n" * 5_000
    with pytest.raises(FileUnreadable, match="quoting"):
        list(rows(content, monkeypatch))


def test_an_error_that_is_kept_keeps_none_of_the_blocks_behind_it(monkeypatch):
    """Each unreadable file of a delivery held up to 32 of them until all were read."""
    there = []

    def blocks():
        for text in (b"id\n" + b"1\n" * 30, b'"' + b"1" * 63, *[b"1" * 64] * BLOCKS):
            block = np.frombuffer(text, np.uint8)
            there.append(weakref.ref(block))
            yield block

    monkeypatch.setattr(delimited, "BLOCK", 64)
    with pytest.raises(FileUnreadable, match="quoting") as kept:
        list(read_rows(buffered(blocks(), 64), ["id"], SOURCE))
    assert sum(one() is not None for one in there) <= AHEAD
    assert kept.value.rule == "file:quoting"


def test_what_reading_raises_is_raised(monkeypatch):
    def broken():
        yield b"id\n"
        yield from [b"1\n" * 32] * 100
        raise EOFError("cut off")

    monkeypatch.setattr(delimited, "BLOCK", 64)
    with pytest.raises(FileUnreadable, match="cut off"):
        list(read_rows(buffered(broken(), 64), ["id"], SOURCE))

from collections import Counter
from datetime import datetime, timedelta
from functools import partial

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_assets.data import repeats as module
from platform_assets.data.repeats import Repeats
from resources.lake import Lake

NAME = "tiny/cleaned"
KEYS = st.lists(st.lists(st.integers(-9, 9), max_size=6), max_size=20)


def asked(batches, repeats, kind=pl.Int64):
    return [repeats(pl.Series("key", keys, dtype=kind)).tolist() for keys in batches]


def first_seen(batches, before=()):
    """What a plain set says."""
    seen, found = set(before), []
    for keys in batches:
        found.append([])
        for key in keys:
            found[-1].append(key in seen)
            seen.add(key)
    return found


@given(KEYS)
def test_a_key_is_a_repeat_from_the_second_time_on(batches):
    with Repeats() as repeats:
        assert asked(batches, repeats) == first_seen(batches)


@given(st.lists(st.lists(st.text(max_size=2), max_size=6), max_size=20))
def test_text_repeats_like_numbers(batches):
    with Repeats() as repeats:
        assert asked(batches, repeats, pl.String) == first_seen(batches)


def test_many_small_batches_become_few_runs():
    with Repeats() as repeats:
        for _ in range(5 * module.RUNS):
            repeats(pl.Series("key", [1, 10**9]))
            repeats(pl.Series("key", np.arange(5)))
        assert len(repeats._runs) <= module.RUNS + 2


@given(st.lists(st.integers(0, 9), max_size=60))
def test_keys_in_order_lie_aside_until_they_are_met_again(places):
    """Ten million keys in order took 160 MB, though hardly any of them was asked about again."""
    ordered = [[10 * batch, 10 * batch + 9] for batch in range(4 * module.RUNS)]
    again = [[30 * place] for place in places]
    with Repeats() as repeats:
        asked(ordered, repeats)
        held = [run for run in repeats._runs if run.prints is not None]
        assert len(held) <= module.RUNS + 1
        assert asked(again, repeats) == first_seen(again, [key for keys in ordered for key in keys])


@pytest.fixture
def lake(tmp_path):
    return Lake(str(tmp_path))


def stored(lake, *files):
    """A table with one file for each list of keys, and what finds the files by range."""
    for keys in files:
        table = pa.table({"key": keys})
        lake.commit_behind(NAME, lake.newest(NAME), table.schema, table.to_batches(), {})
    version = lake.version(NAME)
    return lambda low, high: lake.pieces(NAME, version, "key", low, high)


def test_keys_of_the_table_were_seen_before(lake):
    files = stored(lake, [1, 5, 9], [11, 15, 19])
    batches = [[5, 6], [15, 5, 16], [16, 1, 20]]
    assert asked(batches, Repeats(files)) == first_seen(batches, [1, 5, 9, 11, 15, 19])


def test_a_file_is_read_once_and_only_if_it_may_hold_the_keys(lake):
    files = stored(lake, [1, 9], [11, 19], [21, 29])
    opened = Counter()

    def read(path, really):
        opened[path] += 1
        return really()

    def counted(low, high):
        return {path: partial(read, path, really) for path, really in files(low, high).items()}

    assert asked([[12], [13], [25]], Repeats(counted)) == [[False], [False], [False]]
    assert list(opened.values()) == [1, 1]


LONG = "a name that is longer than the statistics of a table keep of it: "
MOMENT = datetime.fromisoformat("2026-01-01T00:00:00.000600")


@pytest.mark.parametrize(
    "keys",
    [
        [LONG + "a", LONG + "m", LONG + "z"],
        [LONG + "\U0010ffff" * 9],
        [MOMENT, MOMENT + timedelta(microseconds=399)],
        [0.1, 1e300, -1e-300],
        [True, False],
        ["", "é", "\U0001f600"],
        [-(2**63), 2**63 - 1],
    ],
)
def test_a_key_of_the_table_is_found_whatever_its_type_and_length(lake, keys):
    """Statistics that are cut short must not hide the file that holds a key."""
    files = stored(lake, keys)
    assert Repeats(files)(pl.Series("key", keys)).all()
    for key in keys:
        assert Repeats(files)(pl.Series("key", [key])).all()


def test_no_key_asks_for_no_file():
    def refuse(low, high):
        raise AssertionError((low, high))

    assert asked([[]], Repeats(refuse)) == [[]]

from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platform_assets.data.accounts import Account, accounts, rate
from resources.lake import Lake

SCHEMA = pa.schema([("_delivery", pa.int64()), ("_row", pa.int64())])


@pytest.fixture
def lake(tmp_path):
    return Lake(str(tmp_path))


def write(lake, name, *files):
    """A table with one file for each list of (delivery, row)."""
    for rows in files or ([],):
        columns = [pa.array([row[place] for row in rows], pa.int64()) for place in (0, 1)]
        batch = pa.record_batch(columns, SCHEMA)
        lake.commit_behind(name, lake.newest(name), SCHEMA, [batch], {})


def of(lake, after=0):
    return accounts(lake, "clean", "bad", after)


def test_rows_of_both_tables_are_counted_for_each_delivery(lake):
    write(lake, "clean", [(1, 0), (1, 2)], [(1, 3), (2, 0)])
    write(lake, "bad", [(1, 1)], [(3, 0), (3, 1)])
    assert of(lake) == [
        Account(1, clean=3, bad=1, whole=True),
        Account(2, clean=1, bad=0, whole=True),
        Account(3, clean=0, bad=2, whole=True),
    ]


def test_deliveries_up_to_a_number_are_left_out(lake):
    write(lake, "clean", [(1, 0), (2, 0)])
    write(lake, "bad", [(3, 0)])
    assert [one.delivery for one in of(lake, after=1)] == [2, 3]
    assert of(lake, after=3) == []


def test_tables_without_rows_have_no_accounts(lake):
    write(lake, "clean")
    write(lake, "bad")
    assert of(lake) == []


@pytest.mark.parametrize(
    ("clean", "bad"),
    [
        ([0, 1, 1], [2]),
        ([0, 2], [3]),
        ([1], [2]),
        ([0, 1], [1]),
        ([0, 0], []),
        ([0, 1, 2], [0, 1, 2]),
    ],
)
def test_a_row_that_is_missing_or_there_twice_is_noticed(lake, clean, bad):
    write(lake, "clean", [(1, row) for row in clean])
    write(lake, "bad", [(1, row) for row in bad])
    assert [one.whole for one in of(lake)] == [False]


def test_two_rows_there_twice_for_two_that_are_missing_are_noticed(lake):
    """Number, largest and sum of the places alone did not tell."""
    write(lake, "clean", [(1, 0), (1, 0), (1, 3), (1, 3)])
    write(lake, "bad")
    assert [one.whole for one in of(lake)] == [False]


@settings(max_examples=20)
@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_a_delivery_is_whole_however_its_rows_are_divided(sides):
    with TemporaryDirectory() as folder:
        lake = Lake(folder)
        write(lake, "clean", [(1, row) for row, good in enumerate(sides) if good])
        write(lake, "bad", [(1, row) for row, good in enumerate(sides) if not good])
        assert of(lake) == [Account(1, sum(sides), len(sides) - sum(sides), whole=True)]


def test_a_delivery_of_many_rows_is_whole_though_the_sum_of_squares_is_longer_than_64_bits(lake):
    rows = 5_000_000
    places = pa.record_batch([np.ones(rows, dtype=np.int64), np.arange(rows)], SCHEMA)
    lake.commit_behind("clean", None, SCHEMA, [places], {})
    write(lake, "bad")
    assert of(lake) == [Account(1, rows, 0, whole=True)]


def test_the_share_of_bad_rows_is_that_of_all_rows():
    assert Account(1, 3, 1, whole=True).share == 0.25
    assert Account(1, 0, 1, whole=True).share == 1
    assert Account(1, 0, 0, whole=True).share == 0


def test_few_bad_rows_are_warned_of_and_many_refused():
    found = [
        Account(number, 100 - bad, bad, whole=True) for number, bad in enumerate((0, 5, 6, 20, 21))
    ]
    verdict = rate(found, warn=0.05, most=0.2)
    assert verdict.warned == {2: 0.06, 3: 0.2}
    assert verdict.refused == {4: 0.21}

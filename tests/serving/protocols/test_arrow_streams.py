"""Arrow streams: numbers without a copy, and no more memory than the limits say."""

import gc
from contextlib import suppress

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.errors import RequestError
from serving.protocols.arrow_streams import read_arrow, write_arrow
from tests.support.arrow import stream
from tests.support.bundles import FLOWERS, LINE, TRANSACTIONS

ROWS, BYTES = 1_000, 10_000
GOOD = pa.table(
    {
        "amount": pa.array([1.5, 2.0], pa.float32()),
        "hour": pa.array([1, 23], pa.uint8()),
        "night": [True, False],
        "country": ["de", None],
    }
)


def read(table, signature=TRANSACTIONS, **options):
    return read_arrow(signature, stream(table, **options), ROWS, BYTES)


@pytest.mark.parametrize("text", [pa.string(), pa.large_string(), pa.string_view(), None])
def test_every_type_of_column_is_read(text):
    country = GOOD["country"].dictionary_encode() if text is None else GOOD["country"].cast(text)
    arrays = TRANSACTIONS.arrays(read(GOOD.set_column(3, "country", country)))
    assert {name: array.tolist() for name, array in arrays.items()} == {
        "amount": [1.5, 2.0],
        "hour": [1.0, 23.0],
        "night": [1.0, 0.0],
        "country": ["de", None],
    }


def test_numbers_without_gaps_lie_in_the_memory_of_the_body():
    body = stream(pa.table({"a": [1.0, 2.0], "b": [3.0, 4.0]}))
    arrays = LINE.arrays(read_arrow(LINE, body, ROWS, BYTES))
    whole = np.frombuffer(body, np.uint8)
    assert all(np.shares_memory(array, whole) for array in arrays.values())


@given(st.lists(st.none() | st.floats(-1e30, 1e30), min_size=1, max_size=6), st.integers(1, 3))
def test_gaps_become_missing_values_over_several_batches(cells, size):
    table = pa.table({"amount": pa.array(cells, pa.float64())})
    table = pa.Table.from_batches(table.to_batches(max_chunksize=size))
    column = np.asarray(read(table)["amount"])
    assert [None if np.isnan(cell) else cell for cell in column.tolist()] == cells


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"x": [1.0]}, "column 'x': got a column the model does not know, expected one of amount"),
        ({"amount": [[1.0]]}, "column 'amount': got the Arrow type list<item: double>, expected n"),
        ({"amount": pa.array([1], pa.date32())}, "got the Arrow type date32"),
        ({"amount": pa.nulls(ROWS + 1)}, "more than 1000 rows"),
        ({"country": ["x" * 6_000] * 2}, "more than 10000 bytes of text in column 'country'"),
        (
            {"country": pa.DictionaryArray.from_arrays([0] * 500, ["x" * 50])},
            "more than 10000 bytes of text in column 'country'",
        ),
        (
            {"country": pa.array(["x" * 50] * 500, pa.string_view())},
            "more than 10000 bytes of text",
        ),
    ],
)
def test_columns_that_do_not_fit_are_refused(table, message):
    with pytest.raises(RequestError, match=message):
        read(pa.table(table))


def test_a_column_that_stands_twice_is_refused():
    table = pa.Table.from_arrays([pa.array([1.0])] * 2, ["amount", "amount"])
    with pytest.raises(RequestError, match="column 'amount': got two columns of this name"):
        read(table)


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
@pytest.mark.parametrize("column", ["amount", "country"])
def test_compressed_buffers_are_refused(codec, column):
    table = pa.table({"amount": [0.0] * 900, "country": pa.array(["x"] * 900).dictionary_encode()})
    with pytest.raises(RequestError, match="body: got compressed buffers"):
        read(table.select([column]), compression=codec)


@given(data=st.data())
def test_a_damaged_stream_is_read_or_refused(data):
    body = bytearray(stream(GOOD.set_column(3, "country", GOOD["country"].dictionary_encode())))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(body)))
    with suppress(RequestError):
        arrays = TRANSACTIONS.arrays(read_arrow(TRANSACTIONS, bytes(body[:cut]), ROWS, BYTES))
        assert len(arrays) == 4


@pytest.mark.parametrize(
    ("signature", "scores", "rows"),
    [
        (LINE, [1.0, 2.0], [{"score": 1.0}, {"score": 2.0}]),
        (TRANSACTIONS, [0.75], [{"score": 0.75, "label": "fraud"}]),
        (FLOWERS, [[0.1, 0.2, 0.7]], [{"score": [0.1, 0.2, 0.7], "label": "virginica"}]),
    ],
)
def test_predictions_follow_the_task(signature, scores, rows):
    written = write_arrow(signature, np.array(scores))
    assert pa.ipc.open_stream(written).read_all().to_pylist() == rows


def test_streams_leave_no_memory_behind():
    body = stream(GOOD)
    read_arrow(TRANSACTIONS, body, ROWS, BYTES)
    gc.collect()
    before = pa.total_allocated_bytes()
    for _ in range(200):
        read_arrow(TRANSACTIONS, body, ROWS, BYTES)
        with pytest.raises(RequestError, match="no Arrow stream"):
            read_arrow(TRANSACTIONS, body[:-40], ROWS, BYTES)
    gc.collect()
    assert pa.total_allocated_bytes() == before

"""Frames as CSV: what pandas writes is read, what does not fit is refused by line, column, row."""

from contextlib import suppress

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.errors import RequestError
from serving.protocols.csv_frames import read_csv
from tests.support.bundles import LINE, TRANSACTIONS

ROWS = 1_000
# pandas leaves a carriage return unquoted, so that no reader tells it from the end of a line.
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1)
CELLS = st.tuples(
    st.floats(-1e30, 1e30),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.booleans(),
    st.none() | TEXT,
)
NAMES = ["amount", "hour", "night", "country"]


@given(st.lists(CELLS, min_size=1, max_size=5))
def test_what_pandas_writes_is_read_as_it_was(rows):
    written = pd.DataFrame(rows, columns=NAMES).to_csv(index=False)
    arrays = TRANSACTIONS.arrays(read_csv(TRANSACTIONS, written.encode(), ROWS))
    for name, cells in zip(NAMES, zip(*rows, strict=True), strict=True):
        assert arrays[name].tolist() == list(cells)


@pytest.mark.parametrize(
    ("body", "columns"),
    [
        (b"b,a\n1,2\n", {"b": [1], "a": [2]}),
        (b"\xef\xbb\xbfa,b\r\n1.5,-.5e3\r\n", {"a": [1.5], "b": [-500.0]}),
        (b"a\n\n2\n", {"a": [None, 2]}),
        (b"a,b\n1_0,nan\n", {"a": ["1_0"], "b": ["nan"]}),
        (b"a,b\n" + b"9" * 30 + b",0x1\n", {"a": [1e30], "b": ["0x1"]}),
        (b"a,b\n\xd9\xa1,1\n", {"a": ["\u0661"], "b": [1]}),
        (b"a,b\n", {"a": [], "b": []}),
    ],
)
def test_cells_become_numbers_or_stay_text(body, columns):
    assert read_csv(LINE, body, ROWS) == columns


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "body: got no line, expected a line with the names"),
        (b"a,b,c\n1,2,3", "column 'c': got a column the model does not know, expected one of a, b"),
        (b",a,b\n0,1,2", "column '': got a column the model does not know"),
        (b"a,a\n1,2", "the first line: got a name twice"),
        (b"a,b\n1,2\n3", "row 1: got 1 values, expected 2, as the first line has"),
        (b"a,b\n1,2,3", "row 0: got 3 values"),
        (b'a,b\n"1,2', "line 2: got bad CSV"),
        (b'a,b\n"1"2,3', "line 2: got bad CSV"),
        (b"a,b\n\xff,1", r"body: got bytes that are no UTF-8 \(at 4\)"),
        (b"a,b\n1," + b"x" * 200_000, "line 2: got bad CSV .field larger than field limit"),
        (b"a,b\n" + b"1,2\n" * 11, "more than 10 rows"),
    ],
)
def test_csv_that_does_not_fit_is_refused(body, message):
    with pytest.raises(RequestError, match=message):
        read_csv(LINE, body, 10)


@given(st.binary(max_size=60) | st.text('ab,"\n\r1.e-\0', max_size=60).map(str.encode))
def test_any_bytes_behind_the_names_are_read_or_refused(body):
    with suppress(RequestError):
        columns = read_csv(LINE, b"a,b\n" + body, ROWS)
        assert columns.keys() == {"a", "b"}

import io
from datetime import datetime
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_assets.data.casting import cast
from platform_assets.data.reading import columnar
from platform_assets.data.reading.columnar import read_columnar
from platform_assets.errors import FileUnreadable
from platform_assets.spec.source import Source


def parquet(table):
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


def read(content, columns=("x",), **options):
    source = Source(pattern="*", format="parquet", **options)
    return list(read_columnar(io.BytesIO(content), columns, source))


def values(column, **options):
    parts = read(parquet(pa.table({"x": column})), **options)
    return [value for part in parts for value in part.text["x"]]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=9))
def test_a_float_as_text_gives_the_same_value_again(numbers):
    text = pl.Series(values(pa.array(numbers, pa.float64())), dtype=pl.String)
    assert cast(text, "float").to_list() == numbers


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=9))
def test_a_whole_number_as_text_gives_the_same_value_again(numbers):
    text = pl.Series(values(pa.array(numbers, pa.int64())), dtype=pl.String)
    assert cast(text, "int").to_list() == numbers


@pytest.mark.parametrize("kind", [pa.timestamp("us"), pa.timestamp("ns"), pa.timestamp("ms")])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_a_time_as_text_gives_the_same_moment_again(kind, zone):
    moment = datetime.fromisoformat("2024-01-05T10:00:00.001")
    column = pa.array([moment, None], pa.timestamp(kind.unit, zone))
    assert cast(pl.Series(values(column)), "time").to_list() == [moment, None]


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ([True, False, None], ["true", "false", None]),
        ([Decimal("1.50")], ["1.50"]),
        (["a", "", None], ["a", None, None]),
        (pa.array(["a", "a"]).dictionary_encode(), ["a", "a"]),
        (pa.array(["a"], pa.large_string()), ["a"]),
        (pa.nulls(2), [None, None]),
        (pa.array([datetime.fromisoformat("2024-01-05").date()]), ["2024-01-05"]),
    ],
)
def test_each_type_has_a_text(column, text):
    assert values(column) == text


def test_words_for_nothing_are_nulls_here_too():
    assert values(["NA", "", "7"], nulls=["NA"]) == [None, "", "7"]


def test_columns_outside_the_contract_are_not_read():
    (part,) = read(parquet(pa.table({"y": [[1]], "x": [7]})))
    assert part.text.rows() == [("7",)]


def test_rows_are_numbered_through(monkeypatch):
    monkeypatch.setattr(columnar, "ROWS", 4)
    parts = read(parquet(pa.table({"x": list(range(10))})))
    assert [part.numbers.to_list() for part in parts] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert [int(value) for part in parts for value in part.text["x"]] == list(range(10))


def test_a_table_without_rows_gives_none():
    assert values(pa.array([], pa.int64())) == []


GOOD = parquet(pa.table({"x": list(range(1000))}))


@pytest.mark.parametrize(
    ("content", "rule", "detail"),
    [
        (b"", "file:parquet", "0 bytes"),
        (b"id\n1\n", "file:parquet", "5 bytes"),
        (GOOD[:-4] + b"XXXX", "file:parquet", "magic bytes not found"),
        (GOOD[: len(GOOD) // 2], "file:parquet", "magic bytes not found"),
        (GOOD[:100] + b"\0" * 200 + GOOD[300:], "file:parquet", "Corrupt"),
        (parquet(pa.table({"x": [[1]]})), "file:parquet", "Unsupported cast from list"),
        (parquet(pa.table({"x": [b"\xff"]})), "file:parquet", "Invalid UTF8"),
        (parquet(pa.table({"y": [1]})), "file:columns", "misses x; it has y"),
        (parquet(pa.table([[1], [2]], names=["x", "x"])), "file:columns", "names x more than once"),
    ],
)
def test_a_file_that_cannot_be_taken_apart_says_why(content, rule, detail):
    with pytest.raises(FileUnreadable) as refused:
        read(content)
    assert refused.value.rule == rule
    assert detail in refused.value.detail


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_a_file_with_one_wrong_byte_is_read_or_refused(place, byte):
    content = GOOD[:place] + bytes([byte]) + GOOD[place + 1 :]
    try:
        parts = read(content)
    except FileUnreadable:
        return
    assert all(part.text.columns == ["x"] for part in parts)

"""Rows leave a delivery, and all other rows stay as they were delivered."""

import csv
import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_assets.data.reading.pieces import buffered
from platform_assets.data.reading.read import read_rows
from platform_assets.data.reading.taking_out import without
from platform_assets.spec.source import Source

COLUMNS = ["id", "said"]


def source(kind: str = "csv", **changes) -> Source:
    return Source(pattern="*", format=kind, **changes)


def taken(content: bytes, gone: set[int], options: Source) -> bytes:
    return b"".join(without(buffered([content], 1 << 16), gone, options))


def rows(content: bytes, options: Source) -> list[tuple[str, ...]]:
    parts = list(read_rows(buffered([content], 1 << 16), COLUMNS, options))
    return [row for part in parts for row in part.text.iter_rows()]


PLAIN = b"id,said\n1,a\n2,b\n3,c\n"


@pytest.mark.parametrize(
    ("content", "left"),
    [
        (PLAIN, b"id,said\n1,a\n3,c\n"),
        (b"\xef\xbb\xbf" + PLAIN, b"\xef\xbb\xbfid,said\n1,a\n3,c\n"),
        (PLAIN.replace(b"\n", b"\r\n"), b"id,said\r\n1,a\r\n3,c\r\n"),
        (b'id,said\n1,"x\n2,y"\n2,"a ""b"",\n"\n3,c\n', b'id,said\n1,"x\n2,y"\n3,c\n'),
        (b"id,said\n\n1,a\n\n2,b\n3,c\n", b"id,said\n\n1,a\n\n3,c\n"),
        (b'id,said\n1,5" pipe\n2,b\n3,c\n', b'id,said\n1,5" pipe\n3,c\n'),
        (b"id,said\n1\n2,b\n3,c,d\n", b"id,said\n1\n3,c,d\n"),
        (b"id,said\n1,\xff\n2,b\n3,\xe4\n", b"id,said\n1,\xff\n3,\xe4\n"),
        (b"id,said\n1,a\n2,b", b"id,said\n1,a\n"),
    ],
    ids=["plain", "mark", "crlf", "quoted", "blank", "inch", "ragged", "undecodable", "open end"],
)
def test_the_bytes_of_the_other_rows_of_a_csv_stay(content, left):
    assert taken(content, {1}, source()) == left


def test_a_csv_without_header_begins_with_its_first_row():
    assert taken(b"1,a\n2,b\n", {0}, source(header=COLUMNS)) == b"2,b\n"


def test_other_delimiters_and_quotes_are_minded():
    content = b"id;said\n1;'x;\n2;y'\n2;b\n"
    assert taken(content, {1}, source(delimiter=";", quote="'")) == content[:-4]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-8-sig"])
def test_a_csv_stays_in_its_encoding(encoding):
    before, after = (f"id,said\n1,grün\n{end}3,é\n" for end in ("2,ö\n", ""))
    assert taken(before.encode(encoding), {1}, source(encoding=encoding)) == after.encode(encoding)


def test_a_gzipped_delivery_is_gzipped_again():
    left = taken(gzip.compress(PLAIN), {1}, source())
    assert gzip.decompress(left) == b"id,said\n1,a\n3,c\n"


def test_the_bytes_of_the_other_json_lines_stay():
    content = b'{"id": 1}\n\n{ "id":2 }\nno json\n{"id": 3, "more": [1, 2]}\n'
    left = b'{"id": 1}\n\nno json\n{"id": 3, "more": [1, 2]}\n'
    assert taken(content, {1}, source("jsonl")) == left


def test_a_parquet_file_keeps_values_types_and_metadata():
    whole = pa.table({"id": [1, 2, 3], "said": ["a", None, "c"]}).replace_schema_metadata(
        {"k": "v"}
    )
    stream = io.BytesIO()
    pq.write_table(whole, stream)
    left = pq.read_table(io.BytesIO(taken(stream.getvalue(), {0}, source("parquet"))))
    assert left.equals(whole.slice(1), check_metadata=True)


VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


@given(st.lists(VALUES, min_size=1, max_size=12), st.data())
def test_whatever_the_values_the_rows_that_stay_say_the_same(values, data):
    gone = data.draw(st.sets(st.integers(0, len(values) - 1)))
    text = io.StringIO(newline="")
    csv.writer(text).writerows([COLUMNS, *([str(n), value] for n, value in enumerate(values))])
    content, options = text.getvalue().encode(), source(nulls=[])
    before = rows(content, options)
    kept = [row for place, row in enumerate(before) if place not in gone]
    assert rows(taken(content, gone, options), options) == kept


@given(st.lists(VALUES, min_size=1, max_size=12), st.data())
def test_json_lines_that_stay_say_the_same(values, data):
    gone = data.draw(st.sets(st.integers(0, len(values) - 1)))
    lines = [json.dumps({"id": str(n), "said": value}) for n, value in enumerate(values)]
    content, options = "\n".join(lines).encode(), source("jsonl")
    kept = [row for place, row in enumerate(rows(content, options)) if place not in gone]
    assert rows(taken(content, gone, options), options) == kept

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_assets.data.reading import delimited
from platform_assets.data.reading.delimited import RAGGED, read_delimited
from platform_assets.errors import FileUnreadable
from platform_assets.spec.source import Source

COLUMNS = ("id", "amount")


def read(content, columns=COLUMNS, **options):
    source = Source(pattern="*", format="csv", **options)
    return list(read_delimited(io.BytesIO(content), columns, source))


def rows(content, columns=COLUMNS, **options):
    return [row for part in read(content, columns, **options) for row in part.text.rows()]


def numbers(content, **options):
    return [number for part in read(content, **options) for number in part.numbers]


def faults(content, **options):
    return [fault for part in read(content, **options) for fault in part.faults]


def test_every_value_is_read_as_text_and_an_empty_field_as_null():
    assert rows(b"id,amount\n007,1.50\n8,\n") == [("007", "1.50"), ("8", None)]


def test_rows_are_numbered_from_0_without_the_header():
    assert numbers(b"id,amount\n7,1\n8,2\n") == [0, 1]


def test_columns_outside_the_contract_are_dropped_and_order_does_not_count():
    assert rows(b"surprise,amount,id\nx,1,7\n") == [("7", "1")]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_line_may_end_in_any_of_the_usual_ways(end):
    assert rows(end.join([b"id,amount", b"7,1", b"8,2", b""])) == [("7", "1"), ("8", "2")]


def test_a_last_line_without_an_end_is_a_row():
    assert rows(b"id,amount\n7,1") == [("7", "1")]


def test_a_quoted_value_may_hold_delimiters_quotes_and_lines():
    assert rows(b'id,amount\n"a,""b""\nc",1\n8,2\n') == [('a,"b"\nc', "1"), ("8", "2")]


def test_a_quote_inside_a_value_is_a_character():
    assert rows(b'id,amount\n5" pipe,1\n8,2\n') == [('5" pipe', "1"), ("8", "2")]


def test_delimiter_quote_and_encoding_are_those_of_the_specification():
    content = "id;amount\n'Müller; Söhne';1\n".encode("latin-1")
    found = rows(content, delimiter=";", quote="'", encoding="latin-1")
    assert found == [("Müller; Söhne", "1")]


def test_a_file_without_a_header_takes_its_names_from_the_specification():
    content = b"7,1\n8\n9,3\n"
    assert rows(content, header=["id", "amount"]) == [("7", "1"), ("9", "3")]
    assert numbers(content, header=["id", "amount"]) == [0, 2]


def test_words_for_nothing_are_those_of_the_specification():
    content = b"id,amount\nNA,-\n,x\n"
    assert rows(content, nulls=["NA", "-"]) == [(None, None), ("", "x")]


def test_a_byte_order_mark_is_no_part_of_the_header():
    assert rows(b"\xef\xbb\xbfid,amount\n7,1\n") == [("7", "1")]


def test_empty_lines_are_no_rows():
    content = b"\n\nid,amount\n\n7,1\n\n\n8,2\n\n"
    assert rows(content) == [("7", "1"), ("8", "2")]
    assert numbers(content) == [0, 1]


def test_a_ragged_row_is_kept_whole_in_its_place():
    content = b"id,amount\n7,1\n8\n9,3,4\n10,4\n"
    assert [(one.number, one.rule, one.original) for one in faults(content)] == [
        (1, RAGGED, b"8"),
        (2, RAGGED, b"9,3,4"),
    ]
    assert faults(content)[0].detail == "expected 2 values, got 1"
    assert numbers(content) == [0, 3]


def test_ragged_rows_alone_are_rows_too():
    (part,) = read(b"id,amount\n7\n8\n")
    assert part.text.is_empty()
    assert [fault.number for fault in part.faults] == [0, 1]


def test_an_undecodable_byte_marks_its_value_and_comes_back_in_a_ragged_row():
    (part,) = read(b"id,amount\ncaf\xe9,1\n\xfe\n")
    assert part.marked
    assert part.text["id"].to_list() == ["caf\U0010f7e9"]
    assert part.faults[0].original == b"\xfe"


def test_a_file_of_many_blocks_is_numbered_through(monkeypatch):
    monkeypatch.setattr(delimited, "BLOCK", 64)
    lines = [b"7" if number % 5 == 3 else b"%d,1" % number for number in range(200)]
    parts = read(b"\n".join([b"id,amount", *lines, b""]))
    assert len(parts) > 5
    ragged = [fault.number for part in parts for fault in part.faults]
    assert ragged == [number for number in range(200) if number % 5 == 3]
    good = [int(value) for part in parts for value in part.text["id"]]
    assert good == [number for part in parts for number in part.numbers]
    assert sorted([*ragged, *good]) == list(range(200))


@pytest.mark.parametrize(
    ("content", "rule", "detail"),
    [
        (b"", "file:empty", "it holds no line"),
        (b"\n\r\n", "file:empty", "it holds no line"),
        (b"id,price\n7,1\n", "file:columns", "misses amount; it has id, price"),
        (b"id,amount,id\n7,1,8\n", "file:columns", "names id more than once"),
        (b'id,amount\n7,"1\n8,2\n', "file:quoting", 'a value begins with " and never ends'),
        (b'id,amount\n7,1\n8,"2', "file:quoting", 'a value begins with " and never ends'),
        (b'id,amount\n7,1\n"8\n9,2\n', "file:quoting", 'a value begins with " and never ends'),
        (b"\xffid,amount\n7,1\n", "file:columns", "it has \\xffid, amount"),
    ],
)
def test_a_file_that_cannot_be_taken_apart_says_why(content, rule, detail):
    with pytest.raises(FileUnreadable) as refused:
        read(content)
    assert refused.value.rule == rule
    assert detail in refused.value.detail


def test_an_open_quote_is_found_in_a_column_outside_the_contract_too():
    """The rows behind it were swallowed without a word."""
    with pytest.raises(FileUnreadable, match="never ends"):
        read(b'id,amount,note\n7,1,"x\n8,2,y\n9,3,z\n')


def test_an_odd_number_of_quotes_is_no_open_quote():
    content = b'id,amount,note\n7,1,5" pipe\n8,2,"y\nz"\n'
    assert rows(content) == [("7", "1"), ("8", "2")]


def test_a_row_longer_than_a_block_is_refused(monkeypatch):
    monkeypatch.setattr(delimited, "BLOCK", 64)
    with pytest.raises(FileUnreadable, match="a row is longer than 64 bytes; is a quote open"):
        read(b'id,amount\n7,"' + b"x\n" * 99 + b'"\n')


def test_a_file_with_a_header_alone_has_no_rows():
    assert rows(b"id,amount\n") == []


VALUES = st.text(st.characters(codec="utf-8"), max_size=5)
TABLES = st.lists(st.tuples(VALUES, VALUES), max_size=8)


@given(TABLES)
def test_what_a_csv_writer_writes_comes_back(table):
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([COLUMNS, *table])
    expected = [tuple(value or None for value in row) for row in table]
    assert rows(text.getvalue().encode()) == expected


def read_or_refused(content, **options):
    try:
        return read(content, **options)
    except FileUnreadable:
        return None


@given(st.text('id,amount"\n\r x', max_size=40), st.booleans())
def test_any_text_is_taken_apart_into_numbered_rows_or_refused(text, with_header):
    content = (b"id,amount\n" if with_header else b"") + text.encode()
    parts = read_or_refused(content)
    given_numbers = [
        number
        for part in parts or ()
        for number in [*part.numbers, *(fault.number for fault in part.faults)]
    ]
    assert sorted(given_numbers) == list(range(len(given_numbers)))
    assert all(part.text.height == part.numbers.len() for part in parts or ())


@given(st.binary(max_size=60))
def test_any_bytes_behind_a_header_are_taken_apart_or_refused(content):
    parts = read_or_refused(b"id,amount\n" + content) or ()
    assert all(part.text.columns == list(COLUMNS) for part in parts)

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_assets.data.reading import json_lines
from platform_assets.data.reading.json_lines import BROKEN, read_json_lines
from platform_assets.spec.source import Source

COLUMNS = ("id", "amount")


def read(content, **options):
    source = Source(pattern="*", format="jsonl", **options)
    return list(read_json_lines(io.BytesIO(content), COLUMNS, source))


def rows(content, **options):
    return [row for part in read(content, **options) for row in part.text.rows()]


def test_every_value_is_read_as_text():
    content = b'{"id": "007", "amount": 1.5}\n{"id": 8, "amount": true}\n'
    assert rows(content) == [("007", "1.5"), ("8", "true")]


def test_a_missing_key_a_null_and_a_word_for_nothing_are_nulls():
    content = b'{"id": "7"}\n{"id": null, "amount": ""}\n{"id": "NA", "amount": 0}\n'
    found = rows(content, nulls=["", "NA"])
    assert found == [("7", None), (None, None), (None, "0")]


def test_keys_outside_the_contract_are_dropped_and_nested_values_are_json():
    assert rows(b'{"x": 1, "amount": [1, {"a": 2}], "id": 7}\n') == [("7", '[1,{"a":2}]')]


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**64, 12345678901234567890123])
def test_a_number_of_any_length_keeps_every_digit(number):
    """Two ids that differed in their last digits became the same one."""
    assert rows(json.dumps({"id": number}).encode()) == [(str(number), None)]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_keeps_every_digit(number):
    ((text, _),) = rows(json.dumps({"id": number}).encode())
    assert float(text) == number


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        (b"nope", "invalid literal"),
        (b"[1]", "expected an object, got [1]"),
        (b'{"id": 1} {"id": 2}', "unexpected content after document"),
        (b'{"id": NaN}', "unexpected character"),
        (b'{"id": "\\ud800"}', "surrogate"),
        (b"[" * 5000, "depth limit"),
    ],
)
def test_a_line_that_is_no_object_is_kept_whole_in_its_place(line, detail):
    (part,) = read(b'{"id": 7}\n' + line + b'\n{"id": 9}\n')
    (fault,) = part.faults
    assert (fault.number, fault.rule, fault.original) == (1, BROKEN, line + b"\n")
    assert detail in fault.detail
    assert part.numbers.to_list() == [0, 2]


def test_empty_lines_are_no_rows():
    (part,) = read(b'\n{"id": 7}\n  \r\n{"id": 8}')
    assert part.numbers.to_list() == [0, 1]


def test_an_empty_file_has_no_rows():
    assert read(b"") == []


def test_an_undecodable_byte_marks_its_value():
    (part,) = read(b'{"id": "caf\xe9"}\n\xff\n')
    assert part.marked
    assert part.text["id"].to_list() == ["caf\U0010f7e9"]
    assert part.faults[0].original == b"\xff\n"


def test_other_encodings_are_read_by_their_name():
    assert rows('{"id": "é"}\n'.encode("utf-16"), encoding="utf-16") == [("é", None)]


def test_a_line_ends_at_a_newline_alone():
    assert rows('{"id": "a\u2028b"}\r\n'.encode()) == [("a\u2028b", None)]


def test_a_file_of_many_parts_is_numbered_through(monkeypatch):
    monkeypatch.setattr(json_lines, "LINES", 3)
    parts = read(b"".join(b'{"id": %d}\n' % number for number in range(10)))
    assert [part.numbers.to_list() for part in parts] == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]


@given(st.binary(max_size=60))
def test_any_bytes_are_taken_apart_into_numbered_rows(content):
    found = [
        number
        for part in read(b'{"id": 7}\n' + content)
        for number in [*part.numbers, *(fault.number for fault in part.faults)]
    ]
    assert sorted(found) == list(range(len(found)))

"""Files of every format are read into the same columns of text."""

import gzip
import json

import pandas as pd
import pytest

from platform_assets.scaffold.csv_text import MOST_ROWS
from platform_assets.scaffold.sample import pattern, read_sample
from tests.scaffold.examples import flowers, saved, written

LINES = "city,size,y\nKöln,1,a\nBonn,2,b\nUlm,3,a\n"
COLUMNS = {"city": ["Köln", "Bonn", "Ulm"], "size": ["1", "2", "3"], "y": ["a", "b", "a"]}


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (LINES.encode(), "utf-8"),
        (b"\xef\xbb\xbf" + LINES.encode(), "utf-8-sig"),
        (LINES.encode("latin-1"), "cp1252"),
        (LINES.encode("utf-16"), "utf-16"),
        (LINES.encode("latin-1") + b"\x81,4,a\n", "latin-1"),
        (gzip.compress(LINES.encode(), mtime=0), "utf-8"),
    ],
)
def test_the_encoding_is_told_from_the_bytes(tmp_path, content, encoding):
    sample = read_sample(written(tmp_path, content), "y")
    assert sample.reading.encoding == encoding
    assert {name: cells[:3] for name, cells in sample.columns.items()} == COLUMNS


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " "])
def test_the_delimiter_is_told_from_the_lines(tmp_path, delimiter):
    sample = read_sample(written(tmp_path, LINES.replace(",", delimiter)), "y")
    assert sample.reading.delimiter == delimiter
    assert sample.columns == COLUMNS


def test_decimal_commas_do_not_make_the_comma_a_delimiter(tmp_path):
    sample = read_sample(written(tmp_path, "a;b\n" + "1,5;2,5\n" * 5), "b")
    assert sample.columns["b"] == ["2,5"] * 5


def test_a_line_that_names_the_target_is_a_header_even_of_numbers(tmp_path):
    sample = read_sample(written(tmp_path, "1990,1991\n1,2\n3,4\n"), "1991")
    assert sample.reading.header == ()
    assert list(sample.columns) == ["1990", "1991"]


@pytest.mark.parametrize("lines", ["5,red,a\n6,red,b\n", "x,red,a\nx,red,b\nz,green,a\n"])
def test_columns_without_a_header_get_names(tmp_path, lines):
    sample = read_sample(written(tmp_path, lines), "column_3")
    assert sample.reading.header == ("column_1", "column_2", "column_3")
    assert sample.columns["column_3"][:2] == ["a", "b"]


def test_rows_of_another_width_are_counted_and_left_out(tmp_path):
    sample = read_sample(written(tmp_path, "a,y\n" + "1,b\n" * 30 + "1,b,c\n"), "y")
    assert (sample.rows, sample.broken) == (30, 1)


def test_json_lines_keep_what_is_written_and_leave_nested_values_out(tmp_path):
    lines = [{"a": 1.50, "b": True, "tags": ["x"]}, {"a": None, "b": False, "late": "z"}]
    file = written(tmp_path, "\n".join(map(json.dumps, lines)), "table.jsonl")
    sample = read_sample(file, "b")
    assert sample.columns == {"a": ["1.5", None], "b": ["true", "false"], "late": [None, "z"]}
    assert sample.nested == ("tags",)


def test_parquet_keeps_what_its_types_say(tmp_path):
    frame = pd.DataFrame({"whole": [1.0, 2.0], "flag": [True, False], "list": [[1], [2]]})
    frame["day"] = pd.Timestamp("2024-12-31 10:00")
    frame["word"] = pd.Categorical(["a", None])
    frame.to_parquet(tmp_path / "table.parquet")
    sample = read_sample(tmp_path / "table.parquet", "flag")
    assert (sample.reading.format, sample.nested) == ("parquet", ("list",))
    assert sample.fractional == {"whole"}
    assert sample.columns["flag"] == ["true", "false"]
    assert sample.columns["word"] == ["a", None]


def test_a_long_file_is_read_in_part(tmp_path):
    file = saved(tmp_path, flowers(MOST_ROWS + 5))
    sample = read_sample(file, "kind")
    assert (sample.rows, sample.whole) == (MOST_ROWS, False)
    assert read_sample(saved(tmp_path, flowers(50)), "kind").whole


@pytest.mark.parametrize(
    ("name", "glob"),
    [("a.csv", "*.csv"), ("a.csv.gz", "*.csv.gz"), ("adult.data", "*.data"), ("a.b.csv", "*.csv")],
)
def test_the_pattern_takes_files_named_alike(tmp_path, name, glob):
    assert pattern(tmp_path / name) == glob


def test_a_blank_line_before_the_header_is_no_row(tmp_path):
    sample = read_sample(written(tmp_path, "\n" + LINES), "y")
    assert list(sample.columns) == list(COLUMNS)


def test_a_line_of_json_that_only_python_understands_is_broken(tmp_path):
    lines = ['{"a": 1, "y": "b"}'] * 20 + ['{"a": NaN, "y": "b"}']
    sample = read_sample(written(tmp_path, "\n".join(lines), "table.jsonl"), "y")
    assert len(sample.columns["y"]) == 20


def test_columns_of_bytes_are_left_out(tmp_path):
    frame = flowers().assign(photo=b"\x89PNG")
    file = tmp_path / "table.parquet"
    frame.to_parquet(file)
    assert "photo" not in read_sample(file, "kind").columns

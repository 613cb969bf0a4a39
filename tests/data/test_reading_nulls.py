"""What stands for no value, in each format."""

import gzip
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from platform_assets.data.reading.read import read_rows
from platform_assets.spec.source import Source

VALUES = ["NA", " NA", "NA\t", "  ", "NAN", " a "]


def parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"x": VALUES}), file)
    return file.getvalue()


CSV = "\n".join(["x", *(f'"{value}"' for value in VALUES)]).encode()
LINES = b"\n".join(b'{"x": "%s"}' % value.replace("\t", "\\t").encode() for value in VALUES)
CONTENTS = {"csv": CSV, "jsonl": LINES, "parquet": parquet()}


def read(content: bytes, **options) -> list[str | None]:
    source = Source(pattern="*", nulls=["NA", ""], **options)
    found = read_rows(io.BufferedReader(io.BytesIO(content)), ["x"], source)
    return [value for rows in found for value in rows.text["x"]]


@pytest.mark.parametrize("form", CONTENTS)
def test_where_text_is_trimmed_spaces_around_a_null_do_not_count(form):
    """Nulls were looked for before spaces were taken off: ` NA` was a value, and then `NA`."""
    assert read(CONTENTS[form], format=form, trim=True) == [None] * 4 + ["NAN", " a "]


@pytest.mark.parametrize("form", CONTENTS)
def test_elsewhere_a_null_is_written_exactly_so(form):
    assert read(CONTENTS[form], format=form) == [None, *VALUES[1:]]


def test_a_gzipped_file_is_no_other():
    assert read(gzip.compress(CSV), format="csv", trim=True)[:4] == [None] * 4

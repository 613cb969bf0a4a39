"""How a delivery is taken apart, by what its model's specification says of it."""

import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import polars as pl

from platform_assets.data.reading.columnar import read_columnar
from platform_assets.data.reading.delimited import read_delimited
from platform_assets.data.reading.json_lines import read_json_lines
from platform_assets.data.reading.rows import Readable, TextRows
from platform_assets.errors import FileUnreadable
from platform_assets.spec.source import Source

_READERS = {"csv": read_delimited, "jsonl": read_json_lines, "parquet": read_columnar}
_GZIP = b"\x1f\x8b"


def read_rows(
    content: io.BufferedReader, columns: Sequence[str], options: Source
) -> Iterator[TextRows]:
    """See `Reader`; a gzipped csv or jsonl is known by its first bytes."""
    plain = content if options.format == "parquet" else unpacked(content)
    try:
        rows = _READERS[options.format](plain, columns, options)
        yield from map(partial(_without_nulls, options.nulls), rows) if options.trim else rows
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FileUnreadable("gzip", str(error)) from error


def unpacked(content: io.BufferedReader) -> Readable:
    """The content, or what is gzipped in it."""
    return gzip.GzipFile(fileobj=content) if content.peek(2)[:2] == _GZIP else content


def _without_nulls(nulls: Sequence[str], rows: TextRows) -> TextRows:
    """The rows where spaces around a value do not keep it from being none."""
    absent = pl.all().str.strip_chars().is_in(list(nulls))
    return replace(rows, text=rows.text.with_columns(pl.when(~absent).then(pl.all())))

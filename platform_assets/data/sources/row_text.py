"""Rows of a database as text, and as the Parquet file that is delivered.

Every value is text that gives the same value again, as in all of the raw table. So a row reads the
same whatever the session's time zone, and can be compared with what was taken in long ago.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Row = tuple[str | None, ...]
ROWS = 10_000
BATCH = b"slipway.batch"


def row_text(row: Iterable[Any]) -> Row:
    return tuple(text(value) for value in row)


def text(value: Any) -> str | None:
    """Bytes are hexadecimal, times with a zone are in UTC, durations in seconds, the rest JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value.total_seconds():.6f}"
    if isinstance(value, bytes | memoryview):
        return value.hex()
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=text)
    return str(value)


def fingerprint(row: Sequence[str | None]) -> bytes:
    """16 bytes: two different rows share them once in 10^19 pairs of a billion rows."""
    return blake2b(json.dumps(row).encode(), digest_size=16).digest()


def write(path: Path, name: str, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Write rows to a Parquet file that also says its name; returns how many there were.

    The same name and rows make the same bytes; other pulls with the same rows make others.
    """
    schema = pa.schema([(column, pa.string()) for column in columns], metadata={BATCH: name})
    written = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as file:
        for some in _in_groups(iter(rows)):
            arrays = [pa.array(values, pa.string()) for values in zip(*some, strict=True)]
            file.write_batch(pa.record_batch(arrays, schema))
            written += len(some)
    return written


def read(path: Path, columns: Sequence[str]) -> tuple[list[str], Iterator[Row]]:
    """Of the columns, those that the file has, and its rows with them."""
    file = pq.ParquetFile(path)
    known = [column for column in columns if column in file.schema_arrow.names]
    return known, _rows(file, known)


def _rows(file: pq.ParquetFile, columns: Sequence[str]) -> Iterator[Row]:
    with file:
        for batch in file.iter_batches(ROWS, columns=list(columns)):
            found = batch.select(columns)
            yield from zip(*(column.to_pylist() for column in found.columns), strict=True)


def _in_groups(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while some := list(islice(rows, ROWS)):
        yield some

"""Rows of a database as text, and as the Parquet file that is delivered.

Every value is text that gives the same value again, as in all of the raw table. So a row reads the
same whatever the session's time zone, and can be compared with what was taken in long ago.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import singledispatch
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from types import NoneType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

Row = tuple[str | None, ...]
ROWS = 10_000
BATCH = b"slipway.batch"


def row_text(row: Iterable[Any]) -> Row:
    return tuple(text(value) for value in row)


@singledispatch
def text(value: Any) -> str | None:
    """Bytes are hexadecimal, times with a zone are in UTC, durations in seconds, the rest JSON."""
    return str(value)


@text.register(str)
@text.register(NoneType)
def _same(value: str | None) -> str | None:
    return value


@text.register
def _truth(value: bool) -> str:
    return "true" if value else "false"


@text.register
def _moment(value: datetime) -> str:
    return (value.astimezone(UTC) if value.tzinfo else value).isoformat(" ")


@text.register
def _duration(value: timedelta) -> str:
    return f"{value.total_seconds():.6f}"


@text.register(bytes)
@text.register(memoryview)
def _hexadecimal(value: bytes | memoryview) -> str:
    return value.hex()


@text.register(Mapping)
@text.register(list)
@text.register(tuple)
def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=text)


def fingerprint(row: Sequence[str | None]) -> bytes:
    """16 bytes; among a billion rows, two different ones share them once in 10^20 times."""
    return blake2b(json.dumps(row).encode(), digest_size=16).digest()


def write(path: Path, name: str, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Write rows to a Parquet file that also holds `name`; returns how many there were.

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


def read(
    path: Path, columns: Sequence[str], at: str, values: Collection[str]
) -> tuple[list[str], Iterator[Row]]:
    """Of the columns, those that the file has; its rows that hold one of the values in `at`."""
    file = pq.ParquetFile(path)
    known = [column for column in columns if column in file.schema_arrow.names]
    wanted = pa.array(values, pa.string())
    return known, _rows(file, known, at, wanted)


def _rows(file: pq.ParquetFile, columns: Sequence[str], at: str, wanted: pa.Array) -> Iterator[Row]:
    with file:
        for batch in file.iter_batches(ROWS, columns=list(columns)):
            found = batch.filter(pc.is_in(batch.column(at), wanted)).select(columns)
            yield from zip(*(column.to_pylist() for column in found.columns), strict=True)


def _in_groups(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while some := list(islice(rows, ROWS)):
        yield some

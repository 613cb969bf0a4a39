"""Rows of a file with one JSON object a line."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import orjson
import polars as pl

from platform_assets.data.reading.rows import Fault, Readable, TextRows
from platform_assets.data.reading.utf8 import Utf8, original
from platform_assets.spec.source import Source

LINES = 50_000
ROUNDED = 2.0**63
BROKEN = "row:json"


def read_json_lines(
    content: Readable, columns: Sequence[str], options: Source
) -> Iterator[TextRows]:
    """See `Reader`. A key that a line lacks is a null."""
    text = Utf8(content, options.encoding)
    lines = enumerate(line for line in text.stream() if line.strip())
    nulls = set(options.nulls)
    while some := list(islice(lines, LINES)):
        yield replace(_rows(some, columns, nulls), marked=text.marked)


def _rows(lines: Sequence[tuple[int, bytes]], columns: Sequence[str], nulls: set[str]) -> TextRows:
    numbers: list[int] = []
    faults: list[Fault] = []
    values: dict[str, list[str | None]] = {name: [] for name in columns}
    for number, line in lines:
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            faults.append(Fault(number, BROKEN, original(line.decode()), str(error)))
            continue
        if not isinstance(row, dict):
            faults.append(
                Fault(
                    number, BROKEN, original(line.decode()), f"expected an object, got {row!r:.40}"
                )
            )
            continue
        numbers.append(number)
        for name in columns:
            values[name].append(_text(_exact(row.get(name), name, line), nulls))
    frame = pl.DataFrame(values, schema=dict.fromkeys(columns, pl.String))
    return TextRows(frame, pl.Series(numbers, dtype=pl.Int64), tuple(faults))


def _exact(value: Any, name: str, line: bytes) -> Any:
    """The value; a whole number of more than 64 bits, which orjson rounds, as it is written."""
    if isinstance(value, float) and abs(value) >= ROUNDED:
        return json.loads(line, parse_int=str)[name]
    return value


def _text(value: Any, nulls: set[str]) -> str | None:
    if value is None or isinstance(value, str):
        return None if value in nulls else value
    if isinstance(value, bool | dict | list):
        return orjson.dumps(value).decode()
    return str(value)

"""Columns of text from formats that have types of their own: JSON lines and Parquet."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from platform_assets.errors import NotScaffolded
from platform_assets.scaffold.csv_text import MOST_CELLS, MOST_ROWS

_MOST_BROKEN = 0.2


@dataclass(frozen=True)
class Records:
    """Columns of text by name, None where nothing stands.

    `nested` columns hold lists or objects and are left out; `fractional` ones are no integers,
    even where their text looks so.
    """

    columns: dict[str, list[str | None]]
    nested: tuple[str, ...]
    fractional: frozenset[str]
    broken: int
    whole: bool


def from_json_lines(file: object, text: str, *, whole: bool) -> Records:
    """One object a line; lines that hold none are counted as `broken`."""
    lines = [line for line in text.splitlines() if line.strip()]
    lines = lines if whole else lines[:-1]
    found = [_record(line) for line in lines[:MOST_ROWS]]
    records = [one for one in found if one is not None]
    broken = len(found) - len(records)
    if broken > _MOST_BROKEN * len(found):
        problem = f"{broken} of {len(found)} lines hold no JSON object"
        raise NotScaffolded(file, problem, "write one JSON object a line")
    names = list(dict.fromkeys(name for record in records for name in record))
    columns = {name: [record.get(name) for record in records] for name in names}
    nested = [name for name, cells in columns.items() if any(map(_is_nested, cells))]
    texts = {name: list(map(_text, columns[name])) for name in names if name not in nested}
    return Records(texts, tuple(nested), frozenset(), broken, whole and len(lines) <= MOST_ROWS)


def from_parquet(path: Path) -> Records:
    """The first rows, each value as its text."""
    try:
        file = parquet.ParquetFile(path)
        limit = min(MOST_ROWS, MOST_CELLS // max(len(file.schema_arrow), 1))
        batch = next(file.iter_batches(batch_size=limit), None)
    except (pa.ArrowInvalid, OSError) as error:
        problem = f"is no whole Parquet file ({error})"
        raise NotScaffolded(path, problem, "write it again") from error
    schema = file.schema_arrow
    nested = [field.name for field in schema if _is_unusable(field.type)]
    flat = [field for field in schema if field.name not in nested]
    columns = {field.name: _texts(batch, field) for field in flat}
    fractional = frozenset(field.name for field in flat if pa.types.is_floating(field.type))
    return Records(columns, tuple(nested), fractional, 0, file.metadata.num_rows <= limit)


def _record(line: str) -> Mapping[str, Any] | None:
    try:
        record = json.loads(line, parse_int=str, parse_float=str, parse_constant=_refused)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _refused(constant: str) -> None:
    """NaN and Infinity are Python's, not JSON's; the readers of deliveries take neither."""
    raise ValueError(constant)


def _is_nested(value: object) -> bool:
    return isinstance(value, list | dict)


def _text(value: object) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_unusable(kind: pa.DataType) -> bool:
    """Lists and records, and bytes that need be no text: pictures, geometries."""
    packed = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    return pa.types.is_nested(kind) or any(test(kind) for test in packed)


def _texts(batch: pa.RecordBatch | None, field: pa.Field) -> list[str | None]:
    if batch is None:
        return []
    column = batch.column(batch.schema.get_field_index(field.name))
    if pa.types.is_dictionary(field.type):
        column = column.dictionary_decode()
    texts: list[str | None] = pc.cast(column, pa.string()).to_pylist()
    return texts

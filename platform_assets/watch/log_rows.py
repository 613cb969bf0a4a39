"""What was logged as rows of a table: one for each row that was asked, and one for each refusal.

The columns that begin with an underscore are ours, the others are the features, each with the type
that the signature gives it. A feature that two bundles give two types stands in two columns.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from platform_assets.watch.log_files import Logged
from resources.delta_files import Layout
from serving.signature import Array, Column, Signature

REQUEST_ID, ROW, TIME, ENVIRONMENT = "_request_id", "_row", "_time", "_environment"
DIGEST, VERSION, PROTOCOL, STATUS = "_digest", "_version", "_protocol", "_status"
LATENCY, SCORE, SCORES, LABEL = "_latency_ms", "_score", "_scores", "_label"
WRITER, SEQUENCE, LINE = "_writer", "_sequence", "_line"
SCHEMA = pa.schema(
    [
        (REQUEST_ID, pa.string()),
        (ROW, pa.int64()),
        (TIME, pa.timestamp("us", tz="UTC")),
        (ENVIRONMENT, pa.string()),
        (DIGEST, pa.string()),
        (VERSION, pa.string()),
        (PROTOCOL, pa.string()),
        (STATUS, pa.int64()),
        (LATENCY, pa.float64()),
        (SCORE, pa.float64()),
        (SCORES, pa.list_(pa.float64())),
        (LABEL, pa.string()),
        (WRITER, pa.string()),
        (SEQUENCE, pa.int64()),
        (LINE, pa.int64()),
    ]
)
LAYOUT = Layout(plain=(SCORES,))
_TYPES = {
    "float": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
}


def column_for(column: Column, known: pa.Schema) -> pa.Field:
    """Where the values of a feature stand in a table that has these columns already."""
    kind = _TYPES[column.type]
    place = known.get_field_index(column.name)
    taken = column.name in SCHEMA.names or (place >= 0 and known.field(place).type != kind)
    return pa.field(f"{column.name}__{column.type}" if taken else column.name, kind)


def value_of(row: Mapping[str, Any], column: Column) -> Any:
    """A feature's value in a row of the table, from the column of its type if there is one."""
    apart = row.get(f"{column.name}__{column.type}")
    return row.get(column.name) if apart is None else apart


def widened(known: pa.Schema, signatures: Iterable[Signature]) -> pa.Schema:
    """The columns of a table with those that these signatures need beside them."""
    for signature in signatures:
        for column in signature.columns:
            field = column_for(column, known)
            if field.name not in known.names:
                known = known.append(field)
    return known


def rows(logged: Logged, schema: pa.Schema) -> pa.Table:
    """All rows of a file; `schema` is `widened` by its signatures.

    Raises
    ------
    InvalidInput
        If features break the signature that they are said to have.
    """
    by_digest: dict[str | None, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    for number, line in enumerate(logged.lines):
        by_digest[line["digest"] if line["scored"] else None].append((number, line))
    return pa.concat_tables(
        _refusals(logged, lines, schema)
        if digest is None
        else _scored(logged, lines, logged.signatures[digest], schema)
        for digest, lines in by_digest.items()
    )


def features(line: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The columns of one line as they were sent."""
    found: dict[str, list[Any]] = line["scored"]["features"]
    return found


def _refusals(
    logged: Logged, lines: Sequence[tuple[int, dict[str, Any]]], schema: pa.Schema
) -> pa.Table:
    return _table(_common(logged, [(*one, None) for one in lines]), len(lines), schema)


def _scored(
    logged: Logged,
    lines: Sequence[tuple[int, dict[str, Any]]],
    signature: Signature,
    schema: pa.Schema,
) -> pa.Table:
    asked = [
        (number, line, row)
        for number, line in lines
        for row in range(len(line["scored"]["scores"]))
    ]
    joined = {
        name: [value for _, line in lines for value in features(line)[name]]
        for name in signature.names
    }
    scores = np.array([score for _, line in lines for score in line["scored"]["scores"]])
    cells: dict[str, Any] = {
        **_common(logged, asked),
        SCORE: scores.max(axis=1) if signature.task == "multiclass" else scores,
        SCORES: scores.tolist() if signature.task == "multiclass" else None,
        LABEL: signature.labels(scores) or None,
    }
    for column, array in zip(signature.columns, signature.arrays(joined).values(), strict=True):
        field = column_for(column, schema)
        cells[field.name] = _typed(array, field.type)
    return _table(cells, len(asked), schema)


def _common(
    logged: Logged, asked: Sequence[tuple[int, dict[str, Any], int | None]]
) -> dict[str, Any]:
    """The columns that rows and refusals share."""
    lines = [line for _, line, _ in asked]
    return {
        REQUEST_ID: [line["request_id"] for line in lines],
        ROW: [row for *_, row in asked],
        TIME: [line["time_us"] for line in lines],
        ENVIRONMENT: [logged.environment] * len(lines),
        DIGEST: [line["digest"] for line in lines],
        VERSION: [line["version"] for line in lines],
        PROTOCOL: [line["protocol"] for line in lines],
        STATUS: [line["status"] for line in lines],
        LATENCY: [line["latency_us"] / 1000 for line in lines],
        WRITER: [logged.file.writer] * len(lines),
        SEQUENCE: [logged.file.sequence] * len(lines),
        LINE: [number for number, *_ in asked],
    }


def _typed(array: Array, kind: pa.DataType) -> pa.Array:
    """Values of `Signature.arrays`; NaN, which stands for missing, becomes null."""
    if pa.types.is_string(kind):
        return pa.array(array, kind)
    return pa.array(array, pa.float64(), from_pandas=True).cast(kind)


def _table(cells: Mapping[str, Any], count: int, schema: pa.Schema) -> pa.Table:
    columns = [
        pa.nulls(count, field.type)
        if cells.get(field.name) is None
        else pa.array(cells[field.name], field.type)
        if not isinstance(cells[field.name], pa.Array)
        else cells[field.name]
        for field in schema
    ]
    return pa.table(columns, schema=schema)

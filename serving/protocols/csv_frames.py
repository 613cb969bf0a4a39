"""MLflow's `/invocations` with a frame as CSV, as `DataFrame.to_csv(index=False)` writes it.

The first row names the columns. An empty cell is a missing value.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from serving.errors import InvalidInput, MalformedBody, TooLarge
from serving.quoting import shorten
from serving.signature import Signature

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_LONGEST_NUMBER = 400
_TRUTH = {"true": True, "false": False}


def read_csv(signature: Signature, body: bytes, max_rows: int) -> dict[str, list[Any]]:
    """Read a frame; a cell that is not of its column's type stays text, for the signature.

    Raises
    ------
    RequestError
        For bytes that are no UTF-8, broken quotes, names that do not fit, rows of another length,
        and more than `max_rows` rows.
    """
    rows = _rows(body)
    names = next(rows, None)
    if names is None:
        raise MalformedBody("body", "no line", "a line with the names of the columns")
    parsers = [_parser(signature, name) for name in names]
    if len(set(names)) < len(names):
        raise MalformedBody("the first line", "a name twice", "each name once")
    cells: list[list[Any]] = [[] for _ in names]
    for row, values in enumerate(rows):
        if row >= max_rows:
            raise TooLarge("rows", max_rows, "SLIPWAY_MAX_ROWS")
        if len(values) != len(names):
            expected = f"{len(names)}, as the first line has"
            raise InvalidInput(None, row, f"{len(values)} values", expected)
        for column, parse, value in zip(cells, parsers, values, strict=True):
            column.append(parse(value))
    return dict(zip(names, cells, strict=True))


def _rows(body: bytes) -> Iterator[list[str]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        got = f"bytes that are no UTF-8 (at {error.start})"
        raise MalformedBody("body", got, "CSV in UTF-8") from error
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        # A row of one missing value is an empty line, which csv gives as a row of none.
        yield from (row or [""] for row in lines)
    except csv.Error as error:
        where = f"line {lines.line_num}"
        raise MalformedBody(where, f"bad CSV ({error})", "quotes in pairs, short cells") from error


def _parser(signature: Signature, name: str) -> Callable[[str], Any]:
    column = signature.by_name.get(name)
    if column is None:
        raise signature.unknown(shorten(name))
    parse = _PARSERS[column.type]
    return lambda text: None if text == "" else parse(text)


def _number(text: str) -> Any:
    bare = text.strip()
    if _INTEGER.fullmatch(bare):
        return int(bare)
    if len(bare) <= _LONGEST_NUMBER and _FLOAT.fullmatch(bare):
        return float(bare)
    return text


def _boolean(text: str) -> Any:
    return _TRUTH.get(text.strip().lower(), text)


def _string(text: str) -> Any:
    return text


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "float": _number,
    "integer": _number,
    "boolean": _boolean,
    "string": _string,
}

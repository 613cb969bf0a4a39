"""One feature of a model, and the check of the cells that a caller sends for it."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator

from serving.errors import InvalidInput
from serving.quoting import quote, shorten
from serving.table import LIMIT, PLAIN

ColumnType = Literal["float", "integer", "boolean", "string"]
Array = npt.NDArray[Any]

EXPECTED: Mapping[ColumnType, str] = {
    "float": "a finite number within the range of 32-bit floats",
    "integer": "an integer between -(2^53-1) and 2^53-1",
    "boolean": "true or false",
    "string": "a string",
}
DATE = "a date or time of ISO 8601, or its days since 1970-01-01"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400_000_000
# The kinds of numpy arrays whose cells can be checked all at once.
_KINDS: Mapping[ColumnType, str] = {
    "float": "fiu",
    "integer": "fiu",
    "boolean": "b",
    "string": "",
}
_HANDFUL = 32


class Column(BaseModel):
    """One feature.

    `categories`, for strings only, are the values allowed at the door. `dates`, for floats only,
    are days since 1970-01-01, which may be sent as ISO 8601 too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    type: ColumnType
    nullable: bool
    categories: tuple[str, ...] | None = None
    dates: bool = False

    @model_validator(mode="after")
    def _categories_belong_to_strings(self) -> Self:
        if self.categories is not None and self.type != "string":
            msg = f"column {self.name!r}: categories are for strings, not for type {self.type!r}"
            raise ValueError(msg)
        if self.dates and self.type != "float":
            raise ValueError(f"column {self.name!r}: dates are of type 'float', got {self.type!r}")
        return self

    @cached_property
    def allowed(self) -> frozenset[str] | None:
        return None if self.categories is None else frozenset(self.categories)

    @cached_property
    def expected(self) -> str:
        """What a value must be, in words, for messages."""
        words = DATE if self.dates else EXPECTED[self.type]
        if self.categories is not None:
            words = f"one of {shorten(', '.join(map(repr, self.categories)), 400)}"
        return f"{words} or null" if self.nullable else words

    def array(self, values: Sequence[Any] | Array) -> Array:
        """Return `values` as an array of shape (n,); see `Signature.arrays`."""
        typed = _typed(self, values) if isinstance(values, np.ndarray) else None
        if typed is not None:
            return typed
        cells = _cells(self, values)
        plain = _plain(self, cells)
        if plain is not None:
            return plain
        # The array above failed somewhere; asking each value by itself finds the row.
        cleaned = [_cell(self, row, value) for row, value in enumerate(cells)]
        return np.array(cleaned, dtype=object if self.type == "string" else np.float64)


def _typed(column: Column, values: Array) -> Array | None:
    """Check an array of numbers all at once; None when one of them is in doubt."""
    if values.ndim != 1 or values.dtype.kind not in _KINDS[column.type]:
        return None
    array = values.astype(np.float64, copy=values.flags.writeable)
    fits = np.abs(array) <= LIMIT[column.type]
    if column.type == "integer":
        fits &= array == np.trunc(array)
    if column.nullable:
        fits |= np.isnan(array)
    return array if fits.all() else None


def _cells(column: Column, values: Sequence[Any] | Array) -> list[Any]:
    if isinstance(values, np.ndarray):
        if values.ndim != 1:
            got = f"an array of shape {list(values.shape)}"
            raise InvalidInput(column.name, None, got, "shape [n]")
        cells: list[Any] = values.tolist()
        return cells
    if not isinstance(values, list | tuple):
        raise InvalidInput(column.name, None, quote(values), "a list with one value per row")
    return list(values)


def _plain(column: Column, cells: list[Any]) -> Array | None:
    """Convert cells of the plain types all at once; None when one of them is in doubt."""
    kinds = set(map(type, cells))
    if column.nullable:
        kinds.discard(type(None))
    if not kinds <= PLAIN[column.type]:
        return None
    if column.type == "string":
        return _plain_strings(column, cells)
    limit = LIMIT[column.type]
    # For a handful of cells Python's own comparisons take half the time of numpy's.
    if len(cells) <= _HANDFUL:
        fits = all(-limit <= cell <= limit for cell in cells if cell is not None)
        return np.array(cells, dtype=np.float64) if fits else None
    try:
        array = np.array(cells, dtype=np.float64)
    except OverflowError:
        return None
    beyond = (np.abs(array) > limit) | (np.isnan(array) & (not column.nullable))
    return None if beyond.any() else array


def _plain_strings(column: Column, cells: list[Any]) -> Array | None:
    if column.allowed is not None and not column.allowed.issuperset(set(cells) - {None}):
        return None
    return np.array(cells, dtype=object)


def _cell(column: Column, row: int, value: Any) -> float | str | None:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or (isinstance(value, float) and math.isnan(value)):
        if column.nullable:
            return None if column.type == "string" else float("nan")
    elif column.type == "string":
        if isinstance(value, str) and (column.allowed is None or value in column.allowed):
            return value
    elif _is_number(column.type, value):
        return float(value)
    elif column.dates and isinstance(value, str) and (days := _days(value)) is not None:
        return days
    raise InvalidInput(column.name, row, quote(value), column.expected)


def _days(text: str) -> float | None:
    """Days since 1970-01-01 in UTC, as deliveries are read; None if it is no date."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return float((aware - _EPOCH) // timedelta(microseconds=1)) / _DAY


def _is_number(kind: ColumnType, value: object) -> bool:
    if isinstance(value, bool) or kind == "boolean":
        return isinstance(value, bool) and kind == "boolean"
    if not isinstance(value, int | float) or abs(value) > LIMIT[kind]:
        return False
    return kind == "float" or isinstance(value, int) or value.is_integer()

"""The contract at the door: which columns a model takes and what it answers."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Annotated, Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator

from serving.errors import InvalidInput
from serving.table import LIMIT, PLAIN, Plan

Task = Literal["binary", "multiclass", "regression"]
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
_LONGEST_QUOTE = 80
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


class Signature(BaseModel):
    """What a model takes and gives.

    `classes` are the labels in the order of the probabilities: (negative, positive) for a binary
    task, none for a regression. A binary answer is positive from `threshold` upwards.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")
    task: Task
    columns: Annotated[tuple[Column, ...], Field(min_length=1)]
    classes: tuple[str, ...] = ()
    threshold: float = Field(default=0.5, ge=0.0, le=1.0)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(set(self.names)) < len(self.names):
            raise ValueError("two columns have the same name")
        if len(set(self.classes)) < len(self.classes):
            raise ValueError("two classes have the same name")
        fits = {
            "binary": len(self.classes) == 2,
            "multiclass": len(self.classes) >= 3,
            "regression": not self.classes,
        }
        if not fits[self.task]:
            msg = f"a {self.task} model cannot have {len(self.classes)} classes"
            raise ValueError(msg)
        return self

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        return {column.name: column for column in self.columns}

    @cached_property
    def plan(self) -> Plan:
        """How its columns become a table."""
        return Plan(self.columns)

    def arrays(self, columns: Mapping[str, Sequence[Any] | Array]) -> Mapping[str, Array]:
        """Check `columns` against the signature.

        Each value is a list, tuple or 1-d array of n ≥ 1 cells; None and NaN mean missing. An
        integral float counts as an integer, as JSON knows one kind of number only. A string
        outside a column's `categories` is invalid input like any other; without `categories`
        every string is taken.

        Returns
        -------
        One array of shape (n,) per column, in the order of the signature: float64 with NaN for
        missing, or object of `str | None` for strings. It shares the memory of an array that
        cannot be written to.

        Raises
        ------
        InvalidInput
            For the first offence, with column, row, what was got and what was expected.
        """
        table = self.plan.checked(columns)
        if table is not None:
            return table
        self._check_names(columns, None)
        arrays = {column.name: column.array(columns[column.name]) for column in self.columns}
        self._check_lengths(arrays)
        return arrays

    def columns_of(self, records: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
        """Turn records into the columns that `arrays` takes.

        Raises
        ------
        InvalidInput
            For a record that lacks a column or has one too many, with its row.
        """
        known = self.by_name.keys()
        for row, record in enumerate(records):
            if record.keys() != known:
                self._check_names(record, row)
        return {name: [record[name] for record in records] for name in self.names}

    def labels(self, scores: Array) -> list[str]:
        """Name the class of each score; empty for a regression.

        `scores` has shape (n,) for a binary task and (n, k) for a multiclass one.
        """
        if self.task == "regression":
            return []
        if self.task == "binary":
            negative, positive = self.classes
            return [positive if score >= self.threshold else negative for score in scores]
        return [self.classes[index] for index in scores.argmax(axis=1)]

    def unknown(self, name: str, row: int | None = None) -> InvalidInput:
        """The refusal of a column that is not in the signature."""
        expected = f"one of {shorten(', '.join(self.names), 400)}"
        return InvalidInput(name, row, "a column the model does not know", expected)

    def _check_names(self, given: Mapping[str, Any], row: int | None) -> None:
        for name in given:
            if name not in self.by_name:
                raise self.unknown(name, row)
        for column in self.columns:
            if column.name not in given:
                raise InvalidInput(column.name, row, "no such column", column.expected)

    def _check_lengths(self, arrays: Mapping[str, Array]) -> None:
        first = self.names[0]
        rows = len(arrays[first])
        for name, array in arrays.items():
            if len(array) != rows:
                got, expected = f"{len(array)} rows", f"{rows}, as many as column {first!r} has"
                raise InvalidInput(name, None, got, expected)
        if rows == 0:
            raise InvalidInput(None, None, "0 rows", "at least 1")


def shorten(text: str, longest: int = _LONGEST_QUOTE) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


def quote(value: object) -> str:
    """Show a received value in a message, as JSON would write it and never at length."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return shorten(repr(value[:_LONGEST_QUOTE]))
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return "an object"
    # An int of thousands of digits cannot be printed (sys.set_int_max_str_digits).
    if isinstance(value, int) and value.bit_length() > 256:
        return "an integer of more than 77 digits"
    return shorten(str(value))


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

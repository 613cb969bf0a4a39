"""The contract at the door: which columns a model takes and what it answers."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from serving.column import Array, Column, ColumnType
from serving.errors import InvalidInput
from serving.quoting import shorten
from serving.table import Plan

__all__ = ["Array", "Column", "ColumnType", "Signature", "Task"]

Task = Literal["binary", "multiclass", "regression"]


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

"""What a contract says of one column, and what it cannot say."""

from dataclasses import dataclass
from typing import Any

import pandera.pandas as pandera
import polars as pl
from pandas.api import types

from platform_assets.data.casting import Kind, cast
from platform_assets.data.checks import example, require_heard
from platform_assets.data.notations import NOTATIONS, Notation
from platform_assets.errors import ContractUnusable

# What pandera knows of a column and a row alone cannot answer.
_UNJUDGED = (
    ("unique", True, "`id` in defs.yaml, which finds repeats"),
    ("regex", True, "each column by its name"),
    ("required", False, "a column that every file has, or none; nullable=True allows gaps"),
)
HOW_WRITTEN = "`nulls`, `trim` in defs.yaml and metadata, which say how values are written"
_METADATA = ("format", "decimal", "notation", "personal")
_TYPES = "a type of text, numbers, truth or times"


@dataclass(frozen=True)
class Column:
    """One column of a contract.

    `form`, `comma` and `notation` say how it is written, see `casting.cast`.
    """

    name: str
    kind: Kind
    nullable: bool
    checks: tuple[pandera.Check, ...] = ()
    form: str | None = None
    comma: bool = False
    personal: bool = False
    notation: Notation | None = None

    def cast(self, text: pl.Series) -> pl.Series:
        """Values of the column's kind, null where the text is none."""
        return cast(text, self.kind, form=self.form, comma=self.comma, notation=self.notation)


def column_of(name: str, column: Any) -> Column:
    """A column of a pandera schema.

    Raises
    ------
    ContractUnusable
        If it asks for what no row can be judged by.
    """
    said = column.metadata or {}
    unknown = sorted(set(said) - set(_METADATA))
    if unknown:
        raise ContractUnusable(name, f"metadata {unknown}", ", ".join(_METADATA))
    for asked, got, expected in _UNJUDGED:
        if getattr(column, asked) is got:
            raise ContractUnusable(name, f"{asked}={got}", expected)
    for asked in ("parsers", "default"):
        if getattr(column, asked) not in (None, []):
            raise ContractUnusable(name, asked, HOW_WRITTEN)
    kind = _kind(name, column.dtype.type if column.dtype else str)
    for check in column.checks:
        require_heard(name, check, example(kind))
    return Column(
        name=name,
        kind=kind,
        nullable=column.nullable,
        checks=tuple(column.checks),
        form=said.get("format"),
        comma=said.get("decimal") == ",",
        personal=bool(said.get("personal", False)),
        notation=_notation(name, kind, said.get("notation")),
    )


def _notation(name: str, kind: Kind, said: Any) -> Notation | None:
    if said is not None and said not in NOTATIONS:
        raise ContractUnusable(name, f"notation {said!r}", ", ".join(NOTATIONS))
    if said is not None and kind != "float":
        raise ContractUnusable(name, f"notation {said!r} of {kind}", "the type float")
    notation: Notation | None = said
    return notation


def _kind(name: str, dtype: Any) -> Kind:
    if types.is_bool_dtype(dtype):
        return "bool"
    if types.is_datetime64_any_dtype(dtype):
        return "time"
    if types.is_integer_dtype(dtype):
        return "int"
    if types.is_timedelta64_dtype(dtype) or types.is_complex_dtype(dtype):
        raise ContractUnusable(name, f"the type {dtype}", _TYPES)
    return "float" if types.is_numeric_dtype(dtype) else "text"

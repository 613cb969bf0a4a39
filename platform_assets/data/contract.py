"""A model's pandera contract, compiled once, and the judgement of rows by it, each for itself."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.pandas as pandera
import polars as pl
import pyarrow as pa
from pandas.api import types
from pandas.api.extensions import ExtensionDtype

from platform_assets.data.casting import Kind, cast
from platform_assets.data.reading.utf8 import is_marked, unmarked
from platform_assets.errors import ContractUnusable

DELIVERY, ROW = "_delivery", "_row"
FILE, RULE, DETAIL, ORIGINAL = "_file", "_rule", "_detail", "_original"
LINEAGE = (DELIVERY, ROW)
Repeated = Callable[[pl.Series], npt.NDArray[np.bool_]]
_ARROW: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "float": pa.float64(),
    "int": pa.int64(),
    "bool": pa.bool_(),
    "time": pa.timestamp("us"),
}
# What pandera knows of a column and a row alone cannot answer.
_UNJUDGED = (
    ("unique", True, "`id` in defs.yaml, which finds repeats"),
    ("regex", True, "each column by its name"),
    ("required", False, "a column that every file has, or none; nullable=True allows gaps"),
)
_HOW_WRITTEN = "`nulls`, `trim` in defs.yaml and metadata, which say how values are written"
_SETS = re.compile(r"\w+\((?:frozenset\(|set\()?\{")


@dataclass(frozen=True)
class Column:
    """One column of a contract; `form` and `comma` say how it is written, see `casting.cast`."""

    name: str
    kind: Kind
    nullable: bool
    checks: tuple[pandera.Check, ...] = ()
    form: str | None = None
    comma: bool = False
    personal: bool = False


@dataclass(frozen=True)
class Judgement:
    """`typed` has the contract's types; `rules` names for each row the first rule that it broke.

    Both have shape (n,); where a rule is named, the typed values mean nothing.
    """

    typed: pl.DataFrame
    rules: pl.Series

    @cached_property
    def good(self) -> pl.Series:
        return self.rules.is_null()


@dataclass(frozen=True)
class Contract:
    """What a delivered row must look like. `key` names the column that must not repeat."""

    columns: tuple[Column, ...]
    row_checks: tuple[pandera.Check, ...] = ()
    key: str | None = None
    trim: bool = False

    @classmethod
    def of(
        cls, schema: pandera.DataFrameSchema, key: str | None = None, *, trim: bool = False
    ) -> "Contract":
        if schema.unique:
            raise ContractUnusable("unique", repr(schema.unique), "`id` in defs.yaml, one column")
        if schema.parsers:
            raise ContractUnusable("dataframe", "parsers", _HOW_WRITTEN)
        for check in schema.checks:
            _require_heard("dataframe", check)
        columns = tuple(_column(name, one) for name, one in schema.columns.items())
        return cls(columns, tuple(schema.checks), key, trim)

    @cached_property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def clean_schema(self) -> pa.Schema:
        """The types of the clean table: the contract's columns, then the lineage."""
        fields = [(column.name, _ARROW[column.kind]) for column in self.columns]
        return pa.schema([*fields, *((name, pa.int64()) for name in LINEAGE)])

    def broken_schema(self) -> pa.Schema:
        """The types of the quarantine table: text as delivered, lineage, and what is wrong."""
        texts = [*self.names, FILE, RULE, DETAIL]
        fields = [*((name, pa.string()) for name in texts), (ORIGINAL, pa.binary())]
        return pa.schema([*fields, *((name, pa.int64()) for name in LINEAGE)])

    def judge(
        self, text: pl.DataFrame, repeated: Repeated | None = None, *, marked: bool = False
    ) -> Judgement:
        """Judge rows of text, shape (n, columns); every value is text or null.

        A row that breaks several rules is named after the first: encoding, type, null, value,
        duplicate. `repeated` says which keys were seen before, and remembers the others; `marked`
        that values may hold undecodable bytes.
        """
        verdict = _Verdict(text.height)
        for column in self.columns if marked else ():
            verdict.mark(f"encoding:{column.name}", is_marked(text[column.name]).fill_null(False))
        typed = pl.DataFrame([self._typed(text[column.name], column) for column in self.columns])
        for column in self.columns:
            values, given = typed[column.name], text[column.name]
            if values.null_count() > given.null_count():
                verdict.mark(f"type:{column.name}", values.is_null() & given.is_not_null())
        for column in self.columns:
            required = not column.nullable or column.name == self.key
            if required and typed[column.name].null_count():
                verdict.mark(f"null:{column.name}", typed[column.name].is_null())
        self._check_values(typed, verdict)
        if self.key is not None and repeated is not None:
            good = verdict.good()
            verdict.mark_among(
                f"duplicate:{self.key}", good, repeated(typed[self.key].filter(good))
            )
        return Judgement(typed, verdict.named())

    def _typed(self, text: pl.Series, column: Column) -> pl.Series:
        given = text.str.strip_chars() if self.trim and column.kind == "text" else text
        return cast(given, column.kind, form=column.form, comma=column.comma)

    def _check_values(self, typed: pl.DataFrame, verdict: "_Verdict") -> None:
        for column in self.columns if typed.height else ():
            values = typed[column.name]
            there = values.is_not_null()
            some = _series(values if there.all() else values.filter(there))
            for check in column.checks:
                broken = ~_outcome(check, some, column.name)
                verdict.mark_among(f"value:{column.name}:{_said(check)}", there, broken)
        good = verdict.good()
        if self.row_checks and good.any():
            kept = typed.filter(good)
            frame = pd.DataFrame({name: _series(kept[name]) for name in kept.columns})
            for check in self.row_checks:
                verdict.mark_among(f"value:{_said(check)}", good, ~_outcome(check, frame, "rows"))


@dataclass
class _Verdict:
    """For each of `rows` rows the place of its first broken rule in `names`, or -1."""

    rows: int
    names: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._first = np.full(self.rows, -1, dtype=np.int32)

    def mark(self, name: str, broken: pl.Series) -> None:
        if broken.any():
            self.names.append(name)
            self._first[broken.to_numpy() & (self._first < 0)] = len(self.names) - 1

    def mark_among(self, name: str, among: pl.Series, broken: npt.NDArray[np.bool_]) -> None:
        """The same for some of the rows: `broken` has one value for each that is in `among`."""
        if broken.any():
            places = np.flatnonzero(among.to_numpy())[broken]
            whole = np.zeros(self.rows, dtype=bool)
            whole[places] = True
            self.mark(name, pl.Series(whole))

    def good(self) -> pl.Series:
        return pl.Series(self._first < 0)

    def named(self) -> pl.Series:
        names = pl.Series([*self.names, None], dtype=pl.String)
        return names.gather(np.where(self._first < 0, len(self.names), self._first))


def personal_columns(schema: pandera.DataFrameSchema) -> list[str]:
    """The columns that the contract tags personal."""
    return [column.name for column in Contract.of(schema).columns if column.personal]


def broken_rows(text: pl.DataFrame, rules: pl.Series, lineage: Iterable[pl.Series]) -> pl.DataFrame:
    """The rows that broke a rule, as the quarantine keeps them."""
    kept = text.with_columns(rules.alias(RULE), *lineage).filter(pl.col(RULE).is_not_null())
    garbled = pl.col(RULE).str.starts_with("encoding:")
    if not kept.select(garbled.any()).item():
        return kept
    readable = pl.col(*text.columns).map_elements(unmarked, return_dtype=pl.String)
    return kept.with_columns(readable)


def _column(name: str, column: Any) -> Column:
    said = column.metadata or {}
    unknown = sorted(set(said) - {"format", "decimal", "personal"})
    if unknown:
        raise ContractUnusable(name, f"metadata {unknown}", "format, decimal, personal")
    for asked, got, expected in _UNJUDGED:
        if getattr(column, asked) is got:
            raise ContractUnusable(name, f"{asked}={got}", expected)
    for asked in ("parsers", "default"):
        if getattr(column, asked) not in (None, []):
            raise ContractUnusable(name, asked, _HOW_WRITTEN)
    for check in column.checks:
        _require_heard(name, check)
    return Column(
        name=name,
        kind=_kind(column.dtype.type if column.dtype else str),
        nullable=column.nullable,
        checks=tuple(column.checks),
        form=said.get("format"),
        comma=said.get("decimal") == ",",
        personal=bool(said.get("personal", False)),
    )


def _require_heard(column: str, check: pandera.Check) -> None:
    """A check that only warns, or that asks about groups of rows, would be judged as another."""
    if check.raise_warning:
        expected = "a check that rows must keep, or none"
        raise ContractUnusable(column, f"raise_warning=True in {_said(check)}", expected)
    if check.groupby is not None:
        expected = "a check of each row by itself"
        raise ContractUnusable(column, f"groupby={check.groupby!r} in {_said(check)}", expected)


def _kind(dtype: Any) -> Kind:
    if types.is_bool_dtype(dtype):
        return "bool"
    if types.is_datetime64_any_dtype(dtype):
        return "time"
    if types.is_integer_dtype(dtype):
        return "int"
    return "float" if types.is_numeric_dtype(dtype) else "text"


def _series(values: pl.Series) -> pd.Series:
    """As pandera's checks know it, without copying text value by value."""
    if values.dtype == pl.String:
        text: pd.Series = values.to_arrow().to_pandas(types_mapper=_text_type)
        return text
    if values.dtype == pl.Int64 and values.null_count():
        return pd.Series(values.to_pandas(), dtype="Int64")
    return values.to_pandas()


def _text_type(_: pa.DataType) -> ExtensionDtype:
    return pd.StringDtype("pyarrow", na_value=np.nan)


def _outcome(
    check: pandera.Check, values: pd.Series | pd.DataFrame, column: str
) -> npt.NDArray[np.bool_]:
    """What a check says of each row, shape (n,)."""
    output = check(values).check_output
    if isinstance(output, pd.DataFrame):
        output = output.all(axis=1)
    if not isinstance(output, pd.Series) or len(output) != len(values):
        raise ContractUnusable(column, f"the check {_said(check)}", "an answer for each row")
    passed: npt.NDArray[np.bool_] = output.fillna(True).to_numpy(dtype=bool)
    return passed


def _said(check: pandera.Check) -> str:
    """As pandera says it; a set, which each process has in another order, in one order."""
    said = str(check.error or check.name)
    sets = [one for one in (check.statistics or {}).values() if isinstance(one, set | frozenset)]
    if sets and _SETS.match(said):
        return f"{check.name}({sorted(sets[0], key=repr)})"
    return said

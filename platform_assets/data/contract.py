"""A model's pandera contract, compiled once, and the judgement of rows by it, each for itself."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.pandas as pandera
import polars as pl
import pyarrow as pa

from platform_assets.data.casting import Kind
from platform_assets.data.checks import as_pandas, example, outcome, require_heard, said
from platform_assets.data.columns import HOW_WRITTEN, Column, column_of
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
        """The contract that a schema asks for.

        Raises
        ------
        ContractUnusable
            If no row can ever be judged by it.
        """
        if schema.unique:
            raise ContractUnusable("unique", repr(schema.unique), "`id` in defs.yaml, one column")
        if schema.parsers:
            raise ContractUnusable("dataframe", "parsers", HOW_WRITTEN)
        columns = tuple(column_of(name, one) for name, one in schema.columns.items())
        rows = pd.DataFrame({column.name: example(column.kind) for column in columns})
        for check in schema.checks:
            require_heard("dataframe", check, rows)
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
        return column.cast(given)

    def _check_values(self, typed: pl.DataFrame, verdict: "_Verdict") -> None:
        for column in self.columns if typed.height else ():
            values = typed[column.name]
            there = values.is_not_null()
            some = as_pandas(values if there.all() else values.filter(there))
            for check in column.checks:
                broken = ~outcome(check, some, column.name)
                verdict.mark_among(f"value:{column.name}:{said(check)}", there, broken)
        good = verdict.good()
        if self.row_checks and good.any():
            kept = typed.filter(good)
            frame = pd.DataFrame({name: as_pandas(kept[name]) for name in kept.columns})
            for check in self.row_checks:
                verdict.mark_among(f"value:{said(check)}", good, ~outcome(check, frame, "rows"))


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

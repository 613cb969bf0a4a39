"""A model's pandera contract, compiled once, and the judgement of rows by it, each for itself."""

from collections.abc import Callable, Iterable, Mapping
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
Mask = npt.NDArray[np.bool_]
Repeated = Callable[[pl.Series], Mask]
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
            garbled = is_marked(text[column.name]).fill_null(False)
            verdict.mark(f"encoding:{column.name}", garbled.to_numpy())
        typed = pl.DataFrame([self._typed(text[column.name], column) for column in self.columns])
        nulls, given = _nulls(typed), _nulls(text.select(self.names))
        for name, missing in nulls.items():
            verdict.mark(f"type:{name}", missing & ~given[name] if name in given else missing)
        for column in self.columns:
            required = not column.nullable or column.name == self.key
            if required and column.name in nulls:
                verdict.mark(f"null:{column.name}", nulls[column.name])
        self._check_values(typed, nulls, verdict)
        if self.key is not None and repeated is not None:
            good = verdict.good()
            again = repeated(typed[self.key].filter(good))
            verdict.mark_among(f"duplicate:{self.key}", good.to_numpy(), again)
        return Judgement(typed, verdict.named())

    def _typed(self, text: pl.Series, column: Column) -> pl.Series:
        given = text.str.strip_chars() if self.trim and column.kind == "text" else text
        return column.cast(given)

    def _check_values(
        self, typed: pl.DataFrame, nulls: Mapping[str, Mask], verdict: "_Verdict"
    ) -> None:
        for column in self.columns if typed.height else ():
            values, missing = typed[column.name], nulls.get(column.name)
            there = None if missing is None else ~missing
            some = as_pandas(values if there is None else values.filter(pl.Series(there)))
            for check in column.checks:
                broken = ~outcome(check, some, column.name)
                verdict.mark_among(f"value:{column.name}:{said(check)}", there, broken)
        good = verdict.good()
        if self.row_checks and good.any():
            kept = typed.filter(good)
            frame = pd.DataFrame({name: as_pandas(kept[name]) for name in kept.columns})
            among = good.to_numpy()
            for check in self.row_checks:
                verdict.mark_among(f"value:{said(check)}", among, ~outcome(check, frame, "rows"))


@dataclass
class _Verdict:
    """For each of `rows` rows the place of its first broken rule in `names`, or -1."""

    rows: int
    names: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._first = np.full(self.rows, -1, dtype=np.int32)

    def mark(self, name: str, broken: Mask) -> None:
        if broken.any():
            self.names.append(name)
            self._first[broken & (self._first < 0)] = len(self.names) - 1

    def mark_among(self, name: str, among: Mask | None, broken: Mask) -> None:
        """The same for some of the rows: `broken` has one value for each that is in `among`."""
        if among is not None and broken.any():
            whole = np.zeros(self.rows, dtype=bool)
            whole[np.flatnonzero(among)[broken]] = True
            broken = whole
        self.mark(name, broken)

    def good(self) -> pl.Series:
        return pl.Series(self._first < 0)

    def named(self) -> pl.Series:
        names = pl.Series([*self.names, None], dtype=pl.String)
        return names.gather(np.where(self._first < 0, len(self.names), self._first))


def _nulls(frame: pl.DataFrame) -> dict[str, Mask]:
    """Which rows have no value, by column; a column that has them all is left out."""
    gaps = [column.name for column in frame if column.null_count()]
    found = frame.select(pl.col(gaps).is_null())
    return {column.name: column.to_numpy() for column in found}


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

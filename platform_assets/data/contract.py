"""Splitting rows of text into the ones that keep the contract and the ones that break it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
from pandas.api import types

from platform_assets.data.deliveries import DELIVERY, FILE, LINEAGE, ROW

RULE = "_rule"
_TRUE = {"true", "1", "t", "yes"}
_FALSE = {"false", "0", "f", "no"}
_LINEAGE_TYPES = [(DELIVERY, pa.string()), (FILE, pa.string()), (ROW, pa.int64())]


@dataclass(frozen=True)
class Sorted:
    """`clean` has the contract's types; `broken` the original text and the rule each row broke."""

    clean: pd.DataFrame
    broken: pd.DataFrame


def sort_rows(
    rows: pd.DataFrame,
    contract: pandera.DataFrameSchema,
    key: str | None,
    known: Collection[object],
) -> Sorted:
    """Judge each row by the contract, one by one; every row ends on exactly one side.

    Parameters
    ----------
    rows
        Text as delivered, with the lineage columns, index 0 to n - 1.
    key
        Column that must not repeat, within the rows or among `known`.

    A row that breaks several rules is filed under the first: type, null, value, duplicate.
    """
    cast, rules = _cast(rows, contract)
    _mark(rules, _nulls(cast, contract, rules))
    fitting = _with_types(cast[rules.isna()], contract)
    _mark(rules, _broken_checks(fitting, contract))
    if key is not None:
        _mark(rules, _repeated(fitting[rules[fitting.index].isna()], key, known))
    good = fitting[rules[fitting.index].isna()]
    bad = rows[rules.notna()].assign(**{RULE: rules[rules.notna()]})
    return Sorted(good.reset_index(drop=True), bad.reset_index(drop=True))


def clean_schema(contract: pandera.DataFrameSchema) -> pa.Schema:
    """The types of the clean table: the contract's columns, then the lineage."""
    fields = [(name, _arrow_type(column.dtype.type)) for name, column in contract.columns.items()]
    return pa.schema([*fields, *_LINEAGE_TYPES])


def broken_schema(contract: pandera.DataFrameSchema) -> pa.Schema:
    """The types of the quarantine table: text as delivered, the lineage, the rule."""
    fields = [(name, pa.string()) for name in contract.columns]
    return pa.schema([*fields, *_LINEAGE_TYPES, (RULE, pa.string())])


def _arrow_type(dtype: Any) -> pa.DataType:
    if types.is_bool_dtype(dtype):
        return pa.bool_()
    if types.is_datetime64_any_dtype(dtype):
        return pa.timestamp("us")
    if types.is_integer_dtype(dtype):
        return pa.int64()
    return pa.float64() if types.is_numeric_dtype(dtype) else pa.string()


def _mark(rules: pd.Series, found: pd.Series) -> None:
    fresh = found.index[rules[found.index].isna()]
    rules.loc[fresh] = found[fresh]


def _cast(rows: pd.DataFrame, contract: pandera.DataFrameSchema) -> tuple[pd.DataFrame, pd.Series]:
    rules = pd.Series(None, index=rows.index, dtype=object)
    cast = {}
    for name, column in contract.columns.items():
        cast[name] = _cast_column(rows[name], column.dtype.type)
        failed = cast[name].isna() & rows[name].notna()
        _mark(rules, pd.Series(f"type:{name}", index=rows.index[failed], dtype=object))
    lineage = {name: rows[name] for name in LINEAGE}
    return pd.DataFrame({**cast, **lineage}, index=rows.index), rules


def _cast_column(text: pd.Series, dtype: Any) -> pd.Series:
    if types.is_bool_dtype(dtype):
        lowered = text.str.lower()
        return lowered.map(dict.fromkeys(_TRUE, 1.0) | dict.fromkeys(_FALSE, 0.0))
    if types.is_datetime64_any_dtype(dtype):
        return pd.to_datetime(text, errors="coerce", format="ISO8601")
    if types.is_numeric_dtype(dtype):
        number = pd.to_numeric(text, errors="coerce").replace([np.inf, -np.inf], np.nan)
        return number.where(number % 1 == 0) if types.is_integer_dtype(dtype) else number
    return text


def _nulls(cast: pd.DataFrame, contract: pandera.DataFrameSchema, rules: pd.Series) -> pd.Series:
    found = [
        pd.Series(f"null:{name}", index=cast.index[cast[name].isna() & rules.isna()], dtype=object)
        for name, column in contract.columns.items()
        if not column.nullable
    ]
    return _first(found)


def _with_types(rows: pd.DataFrame, contract: pandera.DataFrameSchema) -> pd.DataFrame:
    types_of = {name: column.dtype.type for name, column in contract.columns.items()}
    return rows.astype({name: kind for name, kind in types_of.items() if not _is_text(kind)})


def _is_text(dtype: Any) -> bool:
    return types.is_string_dtype(dtype) or types.is_object_dtype(dtype)


def _broken_checks(rows: pd.DataFrame, contract: pandera.DataFrameSchema) -> pd.Series:
    try:
        contract.validate(rows.drop(columns=list(LINEAGE)), lazy=True)
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        unplaced = cases[cases["index"].isna()]
        if len(unplaced):
            raise
        names = cases["column"].astype(str) + ":" + cases["check"].astype(str)
        return _first([pd.Series(("value:" + names).to_numpy(), index=cases["index"].astype(int))])
    return _first([])


def _repeated(rows: pd.DataFrame, key: str, known: Collection[object]) -> pd.Series:
    repeated = rows[key].duplicated() | rows[key].isin(known)
    return pd.Series(f"duplicate:{key}", index=rows.index[repeated], dtype=object)


def _first(found: list[pd.Series]) -> pd.Series:
    together = pd.concat(found) if found else pd.Series(dtype=object)
    return together[~together.index.duplicated()]

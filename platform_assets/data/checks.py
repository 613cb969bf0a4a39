"""Asking a pandera check about rows, one by one."""

import re

import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.pandas as pandera
import polars as pl
import pyarrow as pa
from pandas.api.extensions import ExtensionDtype

from platform_assets.data.casting import TYPES, Kind
from platform_assets.errors import ContractUnusable

_SETS = re.compile(r"\w+\((?:frozenset\(|set\()?\{")
_ANSWER = "an answer for each row"
# A check of one's own may stumble on made-up values, which proves nothing against it.
_UPSET = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RuntimeError)
_EXAMPLES: dict[Kind, list[object]] = {
    "text": ["1", "a", "b"],
    "float": [0.0, 1.0, 2.5],
    "int": [0, 1, 2],
    "bool": [False, True, True],
    "time": [0, 86_400_000_000, 1_000_000_000_000_000],
}


def outcome(
    check: pandera.Check, values: pd.Series | pd.DataFrame, column: str
) -> npt.NDArray[np.bool_]:
    """What a check says of each row, shape (n,).

    Raises
    ------
    ContractUnusable
        If it does not speak of each row.
    """
    output = check(values).check_output
    if isinstance(output, pd.DataFrame):
        output = output.all(axis=1)
    if not isinstance(output, pd.Series) or len(output) != len(values):
        raise ContractUnusable(column, f"the check {said(check)}", _ANSWER)
    passed: npt.NDArray[np.bool_] = output.fillna(True).to_numpy(dtype=bool)
    return passed


def require_heard(column: str, check: pandera.Check, values: pd.Series | pd.DataFrame) -> None:
    """Refuse a check that only warns, or that asks about groups of rows or all at once.

    It would be judged as another. `values` are what it is tried with: one that does not speak of
    each of them will not do so later.
    """
    if check.raise_warning:
        expected = "a check that rows must keep, or none"
        raise ContractUnusable(column, f"raise_warning=True in {said(check)}", expected)
    if check.groupby is not None:
        expected = "a check of each row by itself"
        raise ContractUnusable(column, f"groupby={check.groupby!r} in {said(check)}", expected)
    if check.element_wise or check.statistics:
        return
    try:
        outcome(check, values, column)
    except _UPSET:
        return


def example(kind: Kind) -> pd.Series:
    """Three values of a kind, as checks get them."""
    return as_pandas(pl.Series(_EXAMPLES[kind], dtype=TYPES[kind]))


def as_pandas(values: pl.Series) -> pd.Series:
    """As pandera's checks know it, without copying text value by value."""
    if values.dtype == pl.String:
        text: pd.Series = values.to_arrow().to_pandas(types_mapper=_text_type)
        return text
    if values.dtype == pl.Int64 and values.null_count():
        return pd.Series(values.to_pandas(), dtype="Int64")
    return values.to_pandas()


def said(check: pandera.Check) -> str:
    """As pandera says it; a set, which each process has in another order, in one order."""
    text = str(check.error or check.name)
    sets = [one for one in (check.statistics or {}).values() if isinstance(one, set | frozenset)]
    if sets and _SETS.match(text):
        return f"{check.name}({sorted(sets[0], key=repr)})"
    return text


def _text_type(_: pa.DataType) -> ExtensionDtype:
    return pd.StringDtype("pyarrow", na_value=np.nan)

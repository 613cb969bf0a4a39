"""Groups of rows by the values of one column."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

_MOST_VALUES = 12
_QUANTILES = 4


@dataclass(frozen=True)
class Group:
    """Rows, as a mask of shape (n,): `column` takes `value` there, or what `value` says holds.

    `found` is true for a group that nobody named; its `column` is empty.
    """

    column: str
    value: str
    held: npt.NDArray[np.bool_]
    found: bool = False

    @property
    def rows(self) -> int:
        return int(self.held.sum())


def groups(column: pd.Series) -> Iterator[Group]:
    """One group for each value; a number of many values is cut into quarters.

    Rows without a value are a group too, `(missing)`.
    """
    names = _names(column)
    for name in sorted(names.unique()):
        yield Group(str(column.name), str(name), (names == name).to_numpy(dtype=bool))


def _names(column: pd.Series) -> pd.Series:
    there = column.notna()
    if pd.api.types.is_numeric_dtype(column) and column.nunique() > _MOST_VALUES:
        return _ranges(column.astype(np.float64)).where(there, "(missing)")
    return column.astype(object).map(_plain).where(there, "(missing)")


def _ranges(column: pd.Series) -> pd.Series:
    cuts = np.unique(column.quantile(np.linspace(0, 1, _QUANTILES + 1)).to_numpy())
    names = [f"{low:.4g} to {high:.4g}" for low, high in pairwise(cuts)]
    places = np.clip(np.searchsorted(cuts, column, side="left") - 1, 0, len(names) - 1)
    return pd.Series(np.array(names, dtype=object)[places], index=column.index)


def _plain(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)

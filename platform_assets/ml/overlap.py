"""Rows of the holdout that a model has learned by heart: copies across the two parts.

Rows also repeat by nature, where a table holds few columns of few values. How many do is told by
the neighbours, which agree with a row in all columns but one: if n rows agree so, and a share q of
all rows has the row's own value in that last column, n times q of them would have it by nature.
What equals there are beyond that are copies.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from platform_assets.findings import Findings

Array = npt.NDArray[Any]

_DEPENDENCE = 4
"""Columns that depend on each other make rows meet more often than their values tell."""
_FEW = 2
_MOST_COLUMNS = 20
_MOST_SHOWN = 4


def shared_rows(
    train: pd.DataFrame,
    holdout: pd.DataFrame,
    columns: Sequence[str],
    *,
    key: str | None = None,
    shown: Sequence[str] = (),
    limit: float,
) -> Findings:
    """Blocks if more than `limit` of the holdout, and more than two rows, are copies of others.

    Parameters
    ----------
    columns
        What a model sees of a row: the features and the target.
    key
        Column that names a row; the same name on both sides blocks, whatever else is equal.
    shown
        Columns whose values may stand in the message.
    limit
        Share of the holdout, 0 to 1.
    """
    if train.empty or holdout.empty:
        return Findings(blocking=["there are no rows on one side to compare"])
    whole = _whole(train, holdout, columns)
    equal = np.isin(whole.holdout, whole.train)
    natural = np.zeros(len(equal))
    if equal.mean() > limit:
        natural = _by_nature(train, holdout, columns, whole)
    copies = max(round(equal.sum() - _DEPENDENCE * natural.sum()), 0)
    facts = {"equal_rows": int(equal.sum()), "copies": copies, "rows": len(equal), "limit": limit}
    named = _names_twice(train, holdout, key) if key else []
    if copies > max(limit * len(equal), _FEW):
        row = holdout.iloc[int(np.where(equal, natural, np.inf).argmin())]
        return Findings([*named, _sentence(copies, len(equal), limit, row, shown)], facts=facts)
    note = f"{equal.sum()} rows have an equal on the other side, as rows of this table do by nature"
    return Findings(named, notes=[note] if equal.mean() > limit else [], facts=facts)


@dataclass(frozen=True)
class _Marks:
    """A number for each row of both parts, equal for equal content alone."""

    train: Array
    holdout: Array


def _whole(train: pd.DataFrame, holdout: pd.DataFrame, columns: Sequence[str]) -> _Marks:
    """The sum of the marks of all columns, so that one column can be taken away again."""
    whole = _Marks(np.zeros(len(train), np.uint64), np.zeros(len(holdout), np.uint64))
    for name in columns:
        one = _marks(train, holdout, name)
        whole = _Marks(whole.train + one.train, whole.holdout + one.holdout)
    return whole


def _marks(train: pd.DataFrame, holdout: pd.DataFrame, name: str) -> _Marks:
    """Marks of one column; they also depend on its name, since equal values of two may meet."""
    both = pd.concat([train[name], holdout[name]], ignore_index=True)
    hashes = np.asarray(pd.util.hash_pandas_object(both, index=False), dtype=np.uint64)
    marks = _spread(hashes + np.uint64(zlib.crc32(name.encode())))
    return _Marks(marks[: len(train)], marks[len(train) :])


def _spread(marks: Array) -> Array:
    """Over all bits, as MurmurHash3 ends: sums of plain hashes would meet too often."""
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        marks = (marks ^ (marks >> np.uint64(33))) * np.uint64(factor)
    spread: Array = marks ^ (marks >> np.uint64(33))
    return spread


def _by_nature(
    train: pd.DataFrame, holdout: pd.DataFrame, columns: Sequence[str], whole: _Marks
) -> Array:
    """The chance of each holdout row to have an equal among `train` without being a copy."""
    equals = _counts(whole.train, whole.holdout)
    expected = np.zeros(len(equals))
    for name in sorted(columns, key=lambda one: -train[one].nunique())[:_MOST_COLUMNS]:
        one = _marks(train, holdout, name)
        neighbours = _counts(whole.train - one.train, whole.holdout - one.holdout) - equals
        others = _counts(one.train, one.holdout) - equals
        expected = np.maximum(expected, neighbours * others / len(train))
    chance: Array = 1 - np.exp(-expected)
    return chance


def _counts(among: Array, wanted: Array) -> Array:
    """How often each of `wanted` stands among the others."""
    values, counts = np.unique(among, return_counts=True)
    place = np.minimum(np.searchsorted(values, wanted), len(values) - 1)
    return np.where(values[place] == wanted, counts[place], 0)


def _names_twice(train: pd.DataFrame, holdout: pd.DataFrame, key: str) -> list[str]:
    both = holdout.loc[holdout[key].isin(train[key].dropna()), key]
    if both.empty:
        return []
    return [f"{len(both)} values of {key!r}, which names a row once, stand in both parts"]


def _sentence(copies: int, rows: int, limit: float, row: pd.Series, shown: Sequence[str]) -> str:
    values = ", ".join(f"{name}={row[name]!s}" for name in shown[:_MOST_SHOWN])
    example = f", for example the row with {values}" if values else ""
    return (
        f"{copies} of {rows} holdout rows ({copies / rows:.1%}) are copies of rows to learn from, "
        f"at most {limit:.1%} may be{example}; deliver each row once, or raise "
        "checks.max_copied_rows in defs.yaml if they are rows in their own right"
    )

"""Lots by which rows are held out: drawn from content and seed alone, the lowest are held.

So a row keeps its lot when others arrive, and whatever order rows are read in.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Marks = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Lots:
    """Two lots for each row, shape (n,).

    `content` is the same for rows that differ in their name and target alone, `own` is not.
    """

    content: Marks
    own: Marks

    @classmethod
    def draw(cls, frame: pd.DataFrame, apart: Iterable[str | None], seed: int) -> "Lots":
        content = frame.drop(columns=[name for name in apart if name is not None])
        return cls(hashed(content, salt(seed)), hashed(frame, salt(seed)))


def salt(seed: int) -> str:
    """Text that makes lots of one seed independent of those of another."""
    return np.random.default_rng(seed).bytes(8).hex()


def hashed(frame: pd.DataFrame, salt: str = "") -> Marks:
    """A number for each row, shape (n,), the same for equal content.

    Integers and booleans count as floats: pandas makes floats of them once one is missing. Times
    count in one unit, whichever they were read in.
    """
    named = pd.DataFrame({name: _stable(column) for name, column in frame.items()}, frame.index)
    named = named.assign(**{"(seed)": salt})
    return np.asarray(pd.util.hash_pandas_object(named, index=False), dtype=np.uint64)


def lowest(strata: pd.Series, lots: Lots, share: float) -> Mask:
    """The lowest lots of each stratum; strata of two rows and more are on both sides."""
    held = np.zeros(len(strata), dtype=bool)
    codes, names = pd.factorize(strata, sort=True)
    for code in range(len(names)):
        rows = np.flatnonzero(codes == code)
        rows = rows[np.lexsort((lots.own[rows], lots.content[rows]))]
        held[rows[: _cut(lots.content[rows], share)]] = True
    return held


def lowest_groups(groups: Marks, share: float) -> Mask:
    """Whole groups of equal lots, the lowest first, as many as come closest to the share of rows.

    Two groups and more are on both sides.
    """
    lots, rows = np.unique(groups, return_counts=True)
    if len(lots) < 2:
        return np.zeros(len(groups), dtype=bool)
    ends = rows.cumsum()[:-1]
    last = lots[np.abs(ends - share * len(groups)).argmin()]
    held: Mask = groups <= last
    return held


def _stable(column: pd.Series) -> pd.Series:
    if column.dtype.kind == "M":
        return pd.Series(column.dt.as_unit("ns"))
    return column.astype(np.float64) if column.dtype.kind in "iub" else column


def _cut(lots: Marks, share: float) -> int:
    """How many of the sorted lots are held: `share` of them, but equal lots on one side.

    Equal rows that make up more than half of the share would move it too far, and are parted.
    """
    size, count = len(lots), round(share * len(lots))
    if size < 2:
        return count
    count = min(max(count, 1), size - 1)
    ends = [int(np.searchsorted(lots, lots[count], side)) for side in ("left", "right")]
    near = [end for end in ends if 0 < end < size and abs(end - count) <= max(count // 4, 1)]
    if lots[count - 1] != lots[count] or not near:
        return count
    return min(near, key=lambda end: abs(end - count))

"""Which rows are held out, and which part of the rest a search is judged on."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from platform_assets.ml.lots import Lots, Marks, Mask, hashed, lowest, lowest_groups, salt
from platform_assets.spec import Split

_TENTHS = 10


@dataclass(frozen=True)
class Parts:
    """Two frames that share no row, each in the order of the frame they come from."""

    train: pd.DataFrame
    holdout: pd.DataFrame


def split(
    frame: pd.DataFrame,
    spec: Split,
    *,
    target: str,
    time: str | None,
    task: str,
    key: str | None = None,
) -> Parts:
    """Hold out `spec.holdout` of the rows, by time, by groups or at random.

    By time, the newest rows are held out, and rows of one timestamp stay together. By groups, rows
    of one value in `spec.group` stay together; a row without a value is a group of its own. At
    random, each class of a classification gives its share; stratified, so does each value of
    `spec.strata` (of the target, in a regression), many numbers by tenths. But by time, a row stays
    on its side when others arrive unless its lot is close to the cut, so that a champion is not
    judged on rows it learned from. Rows that are equal but for `key`, the column that names them,
    and the target stay together: no model is judged on a copy of what it learned, and where few
    different rows repeat often, the side that a class went to does not give it away.
    """
    held = _held_out(frame, spec, spec.holdout, target, time, task, key)
    return Parts(frame[~held], frame[held])


def validation(
    train: pd.DataFrame,
    spec: Split,
    *,
    target: str,
    time: str | None,
    task: str,
    key: str | None = None,
) -> Mask:
    """Mark the rows of the training part, shape (n,), that the search is judged on.

    They are chosen as the holdout was, so that the search meets the same kind of gap.
    """
    return _held_out(train, spec, spec.validation, target, time, task, key)


def _held_out(
    frame: pd.DataFrame,
    spec: Split,
    share: float,
    target: str,
    time: str | None,
    task: str,
    key: str | None,
) -> Mask:
    if spec.kind == "time" and time is not None:
        return _newest(frame[time], share)
    if spec.group is not None:
        return lowest_groups(groups(frame, spec.group, spec.seed), share)
    lots = Lots.draw(frame, (key, target), spec.seed)
    return lowest(_strata(frame, spec, target, task), lots, share)


def groups(frame: pd.DataFrame, column: str, seed: int) -> Marks:
    """The lot of each row's group, shape (n,)."""
    lots = hashed(frame[[column]], salt(seed))
    return np.where(frame[column].isna(), hashed(frame, salt(seed)), lots)


def _strata(frame: pd.DataFrame, spec: Split, target: str, task: str) -> pd.Series:
    """A number for each row: rows of one number give their share together."""
    named = [] if task == "regression" else [frame[target]]
    if spec.kind == "stratified" and (spec.strata or task == "regression"):
        named.append(_in_tenths(frame[spec.strata or target]))
    if not named:
        return pd.Series(0, index=frame.index)
    return frame.groupby(named, dropna=False, sort=True).ngroup()


def _in_tenths(column: pd.Series) -> pd.Series:
    """Values as they are; numbers of more than ten, by the tenth of the rows they are in."""
    if not pd.api.types.is_numeric_dtype(column) or column.nunique() <= _TENTHS:
        return column
    return pd.qcut(column, _TENTHS, labels=False, duplicates="drop")


def _newest(time: pd.Series, share: float) -> Mask:
    """Rows from the timestamp on whose share comes closest; rows without a time are old."""
    moments, rows = np.unique(time.dropna().to_numpy(), return_counts=True)
    if len(moments) < 2:
        return np.zeros(len(time), dtype=bool)
    newer = rows[::-1].cumsum()[::-1][1:]
    start = moments[1:][np.abs(newer - share * len(time)).argmin()]
    held: Mask = (time >= start).to_numpy(dtype=bool)
    return held

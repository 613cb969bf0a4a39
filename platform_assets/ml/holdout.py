"""Which rows stay held out while one champion stands, and which wait for the next holdout.

A holdout that moved with each delivery would compare candidates on different rows, and hold rows
that the champion has learned from. So it is kept: rows are recognised by content, new rows that
would have been held out wait in neither part, and the next holdout takes them in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from platform_assets.ml.lots import Lots, Mask, hashed
from platform_assets.ml.splits import groups, split
from platform_assets.spec import ModelSpec

TRAIN, HOLDOUT, WAITING = "train", "holdout", "waiting"
Parts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Before:
    """The rows of the training set that stands, and the part of each, shape (n,)."""

    rows: pd.DataFrame
    parts: Parts


@dataclass(frozen=True)
class Division:
    """The part of each row, shape (n,); `renewed` says why the holdout is another, or is empty."""

    parts: Parts
    renewed: str = ""


def divide(
    rows: pd.DataFrame, spec: ModelSpec, before: Before | None, anew: str = "", asked: str = ""
) -> Division:
    """Keep the holdout of `before`, unless there is a reason to renew it.

    `anew` is a reason to cut all rows as if there had been nothing before, `asked` one to join what
    waits. The holdout is also renewed when none of its rows is left, and when the rows that wait
    reach `split.renew_at` of it. By time, renewed is cut anew: the rows that were held out are then
    learned from, and newer ones held out. Otherwise the waiting rows join the holdout, so that no
    model before has learned from any of it.
    """
    if anew or before is None:
        return Division(cut(rows, spec), asked or anew or "there was none")
    parts = kept(rows, spec, before)
    held, waiting = (int((parts == part).sum()) for part in (HOLDOUT, WAITING))
    reason = asked or _outgrown(held, waiting, spec.split.renew_at)
    if not reason:
        return Division(parts)
    if spec.split.kind == "time":
        return Division(cut(rows, spec), reason)
    return Division(np.where(parts == WAITING, HOLDOUT, parts), reason)


def cut(rows: pd.DataFrame, spec: ModelSpec) -> Parts:
    """Each row in `train` or `holdout`, as `split` divides them."""
    return np.where(_held(rows, spec), HOLDOUT, TRAIN).astype(object)


def kept(rows: pd.DataFrame, spec: ModelSpec, before: Before) -> Parts:
    """Rows that were there keep their part; the others are learned from, or wait."""
    order = np.argsort([(HOLDOUT, WAITING, TRAIN).index(part) for part in before.parts])
    then = pd.Series(before.parts[order], _names(before.rows[list(rows.columns)].iloc[order]))
    known = then.reindex(_names(rows)).to_numpy(dtype=object)
    new = pd.isna(known)
    waits = _waits(rows, spec, before) if new.any() else np.zeros(len(rows), dtype=bool)
    return np.where(new, np.where(waits, WAITING, TRAIN), known)


def held_and_learned(rows: pd.DataFrame, learned: pd.DataFrame) -> int:
    """How many of the held-out `rows` stand among those that a model learned from."""
    columns = [name for name in rows.columns if name in learned.columns]
    return int(np.isin(hashed(rows[columns]), hashed(learned[columns])).sum())


def _outgrown(held: int, waiting: int, renew_at: float) -> str:
    if not held:
        return "none of its rows is left"
    if waiting >= renew_at * held:
        return f"{waiting} rows waited, {waiting / held:.1%} of its {held}"
    return ""


def _names(rows: pd.DataFrame) -> pd.MultiIndex:
    """What names a row: its content, and which one it is of the rows with that content."""
    marks = hashed(rows)
    return pd.MultiIndex.from_arrays([marks, pd.Series(marks).groupby(marks).cumcount()])


def _waits(rows: pd.DataFrame, spec: ModelSpec, before: Before) -> Mask:
    """Which rows, if they are new, must not be learned from.

    By time, those that are not before the holdout. Otherwise what is like rows on one side alone
    (of one group, or equal but for name and target) goes with them, and lots decide on the others.
    """
    held = before.parts != TRAIN
    if spec.split.kind == "time" and spec.time is not None:
        start = before.rows.loc[before.parts == HOLDOUT, spec.time].min()
        late: Mask = (rows[spec.time] >= start).to_numpy(dtype=bool)
        return late
    now, then = _units(rows, spec), _units(before.rows[list(rows.columns)], spec)
    with_held, with_learned = np.isin(now, then[held]), np.isin(now, then[~held])
    alone = with_held != with_learned
    return np.where(alone, with_held, _held(rows, spec))


def _units(rows: pd.DataFrame, spec: ModelSpec) -> npt.NDArray[np.uint64]:
    if spec.split.group is not None:
        return groups(rows, spec.split.group, spec.split.seed)
    return Lots.draw(rows, _apart(spec), spec.split.seed).content


def _apart(spec: ModelSpec) -> Sequence[str | None]:
    return (spec.id, spec.target)


def _held(rows: pd.DataFrame, spec: ModelSpec) -> Mask:
    numbered = rows.reset_index(drop=True)
    found = split(
        numbered, spec.split, target=spec.target, time=spec.time, task=spec.task, key=spec.id
    )
    held: Mask = numbered.index.isin(found.holdout.index)
    return held

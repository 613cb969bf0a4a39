"""Which rows are held out, and which part of the rest a search is judged on."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from platform_assets.spec import Split

Mask = npt.NDArray[np.bool_]


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
    """Hold out `spec.holdout` of the rows, by time or at random.

    By time, the newest rows are held out, and rows of one timestamp stay together. At random,
    each class of a classification gives its share, and a row stays on its side when others arrive
    but for the few whose lot is close to the cut, so that a champion is not judged on rows it
    learned from. Rows that are equal but for `key`, the column that names them, and the target
    stay together: no model is judged on a copy of what it learned, and where few different rows
    repeat often, the side that a class went to does not give it away.
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
    strata = pd.Series(0, index=frame.index) if task == "regression" else frame[target]
    return _random(strata, _Lots.draw(frame, (key, target), spec.seed), share)


def _newest(time: pd.Series, share: float) -> Mask:
    """Rows from the timestamp on whose share comes closest; rows without a time are old."""
    moments, rows = np.unique(time.dropna().to_numpy(), return_counts=True)
    if len(moments) < 2:
        return np.zeros(len(time), dtype=bool)
    newer = rows[::-1].cumsum()[::-1][1:]
    start = moments[1:][np.abs(newer - share * len(time)).argmin()]
    held: Mask = (time >= start).to_numpy(dtype=bool)
    return held


@dataclass(frozen=True)
class _Lots:
    """Two lots for each row, shape (n,), drawn from its content and the seed alone.

    So a row keeps its lots when others arrive, and whatever order rows are read in. `content` is
    the same for rows that differ in their name and target alone, `own` is not.
    """

    content: npt.NDArray[np.uint64]
    own: npt.NDArray[np.uint64]

    @classmethod
    def draw(cls, frame: pd.DataFrame, apart: Iterable[str | None], seed: int) -> "_Lots":
        salt = np.random.default_rng(seed).bytes(8).hex()
        content = frame.drop(columns=[name for name in apart if name is not None])
        return cls(_hashed(content, salt), _hashed(frame, salt))


def _hashed(frame: pd.DataFrame, salt: str) -> npt.NDArray[np.uint64]:
    named = frame.assign(**{"(seed)": salt})
    return np.asarray(pd.util.hash_pandas_object(named, index=False), dtype=np.uint64)


def _random(strata: pd.Series, lots: _Lots, share: float) -> Mask:
    """The lowest lots of each stratum; strata of two rows and more are on both sides."""
    held = np.zeros(len(strata), dtype=bool)
    codes, names = pd.factorize(strata, sort=True)
    for code in range(len(names)):
        rows = np.flatnonzero(codes == code)
        rows = rows[np.lexsort((lots.own[rows], lots.content[rows]))]
        held[rows[: _cut(lots.content[rows], share)]] = True
    return held


def _cut(lots: npt.NDArray[np.uint64], share: float) -> int:
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

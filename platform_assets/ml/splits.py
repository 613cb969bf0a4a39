"""Which rows are held out, and which part of the rest a search is judged on."""

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


def split(frame: pd.DataFrame, spec: Split, *, target: str, time: str | None, task: str) -> Parts:
    """Hold out `spec.holdout` of the rows, by time or at random.

    By time, the newest rows are held out, and rows of one timestamp stay together. At random,
    each class of a classification gives its share, and a row stays on its side when others arrive
    but for the few whose lot is close to the cut, so that a champion is not judged on rows it
    learned from.
    """
    held = _held_out(frame, spec, spec.holdout, target, time, task)
    return Parts(frame[~held], frame[held])


def validation(
    train: pd.DataFrame, spec: Split, *, target: str, time: str | None, task: str
) -> Mask:
    """Mark the rows of the training part, shape (n,), that the search is judged on.

    They are chosen as the holdout was, so that the search meets the same kind of gap.
    """
    return _held_out(train, spec, spec.validation, target, time, task)


def _held_out(
    frame: pd.DataFrame, spec: Split, share: float, target: str, time: str | None, task: str
) -> Mask:
    if spec.kind == "time" and time is not None:
        return _newest(frame[time], share)
    strata = pd.Series(0, index=frame.index) if task == "regression" else frame[target]
    return _random(strata, _lots(frame, spec.seed), share)


def _newest(time: pd.Series, share: float) -> Mask:
    """Rows from the timestamp on whose share comes closest; rows without a time are old."""
    moments, rows = np.unique(time.dropna().to_numpy(), return_counts=True)
    if len(moments) < 2:
        return np.zeros(len(time), dtype=bool)
    newer = rows[::-1].cumsum()[::-1][1:]
    start = moments[1:][np.abs(newer - share * len(time)).argmin()]
    held: Mask = (time >= start).to_numpy(dtype=bool)
    return held


def _lots(frame: pd.DataFrame, seed: int) -> npt.NDArray[np.uint64]:
    """A lot for each row, shape (n,), drawn from its content and the seed alone.

    So a row keeps its lot when others arrive, and whatever order rows are read in.
    """
    salt = np.random.default_rng(seed).bytes(8).hex()
    named = frame.assign(**{"(seed)": salt})
    lots: npt.NDArray[np.uint64] = np.asarray(
        pd.util.hash_pandas_object(named, index=False), dtype=np.uint64
    )
    return lots


def _random(strata: pd.Series, lots: npt.NDArray[np.uint64], share: float) -> Mask:
    """The lowest lots of each stratum; strata of two rows and more are on both sides."""
    held = np.zeros(len(strata), dtype=bool)
    codes, names = pd.factorize(strata, sort=True)
    for code in range(len(names)):
        rows = np.flatnonzero(codes == code)
        count = round(share * len(rows))
        if len(rows) > 1:
            count = min(max(count, 1), len(rows) - 1)
        held[rows[np.argsort(lots[rows], kind="stable")[:count]]] = True
    return held

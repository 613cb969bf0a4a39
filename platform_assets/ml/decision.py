"""From which probability on an answer is positive: chosen on rows that are neither learned from
nor held out.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import precision_recall_curve

from platform_assets.errors import TrainingError
from platform_assets.spec import Threshold

Array = npt.NDArray[Any]


def threshold(y: Array, score: Array, asked: Threshold) -> float:
    """The threshold by `asked.rule`, 0 to 1; `y` and `score` of shape (n,), y 0 or 1.

    `f1` is the lowest with the best harmonic mean of precision and recall, `recall_at_precision`
    the lowest whose precision is as asked, `cost` the one whose errors cost the least. 0.5 where
    no row is positive, unless it is fixed.

    Raises
    ------
    TrainingError
        If no threshold is as precise as asked, with the best there is.
    """
    if asked.value is not None:
        return asked.value
    if not y.any():
        return 0.5
    precision, recall, at = precision_recall_curve(y, score)
    precision, recall = precision[:-1], recall[:-1]
    if asked.precision is not None:
        return _precise(precision, at, asked.precision)
    if asked.false_positive is not None and asked.false_negative is not None:
        return _cheapest(y, score, asked.false_positive, asked.false_negative)
    balance = 2 * precision * recall / np.maximum(precision + recall, np.finfo(float).tiny)
    return _clipped(at[balance.argmax()])


def told(y: Array, score: Array, at: float) -> Mapping[str, float]:
    """What a threshold does to these rows: precision, recall and the share called positive."""
    called = score >= at
    hits = float((called & (y == 1)).sum())
    return {
        "precision": hits / max(float(called.sum()), 1.0),
        "recall": hits / max(float((y == 1).sum()), 1.0),
        "share_positive": float(called.mean()),
    }


def _precise(precision: Array, at: Array, least: float) -> float:
    enough = precision >= least
    if not enough.any():
        raise TrainingError(
            f"no threshold reaches the precision {least:g} of training.threshold on the "
            f"validation rows; the best is {precision.max():.3f}"
        )
    return _clipped(at[enough.argmax()])


def _cheapest(y: Array, score: Array, false_positive: float, false_negative: float) -> float:
    """Of thresholds that cost the same, the lowest; 1 calls next to nothing positive."""
    order = np.argsort(-score, kind="stable")
    at, positive = score[order], y[order] == 1
    misses = positive.sum() - positive.cumsum()
    cost = false_negative * misses + false_positive * (~positive).cumsum()
    whole = np.append(np.diff(at) != 0, True)
    places = np.flatnonzero(whole)
    best = places[len(places) - 1 - cost[places][::-1].argmin()]
    nothing = false_negative * positive.sum()
    return 1.0 if nothing < cost[best] else _clipped(at[best])


def _clipped(value: float) -> float:
    return float(np.clip(value, 0.0, 1.0))

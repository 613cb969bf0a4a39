"""Whether scores are numbers that tell rows apart."""

import numpy as np
import numpy.typing as npt

from platform_assets.watch.look import Look
from platform_assets.watch.observations import Observation

NUMERICAL_HEALTH = "numerical_health"
NO_NUMBER, CONSTANT, SATURATED = "no_number", "constant", "saturated"
Array = npt.NDArray[np.float64]

_MORE_THAN_BEFORE = 0.25
_MOST = 0.99


def numerical_health(look: Look) -> list[Observation]:
    """Shares of scores that are no number, that are one and the same, and that are 0 or 1."""
    scores = look.traffic.scores
    if not len(scores):
        return []
    rows = scores.reshape(len(scores), -1)
    whole = np.isfinite(rows).all(axis=1)
    known, most = rows[whole], allowed(look)
    found = {NO_NUMBER: (1 - float(whole.mean()), 0.0), CONSTANT: (largest_share(known), most)}
    if look.served.signature.task != "regression":
        found[SATURATED] = (_share(saturated(known)), most)
    return [
        look.judged(NUMERICAL_HEALTH, subject, len(scores), value, threshold)
        for subject, (value, threshold) in found.items()
    ]


def allowed(look: Look) -> float:
    """The share of equal scores that is no fault: a small tree gave many before, too."""
    shares = look.served.reference.get("score", {}).get("shares", [])
    before = max(shares.values() if isinstance(shares, dict) else shares, default=0.0)
    return min(max(look.settings.saturated, before + _MORE_THAN_BEFORE), _MOST)


def largest_share(rows: Array) -> float:
    """The share of the most frequent row of scores, shape (n, k); 0 without any."""
    if not len(rows):
        return 0.0
    return float(np.unique(rows, axis=0, return_counts=True)[1].max() / len(rows))


def saturated(rows: Array) -> npt.NDArray[np.bool_]:
    """Which rows have a probability of exactly 0 or 1, as the log keeps it."""
    found: npt.NDArray[np.bool_] = ((rows == 0) | (rows == 1)).any(axis=1)
    return found


def _share(which: npt.NDArray[np.bool_]) -> float:
    return float(which.mean()) if len(which) else 0.0

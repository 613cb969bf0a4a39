"""Whether callers ask for other rows, and get other scores, than the model was trained on."""

import numpy as np

from platform_assets.ml.drift import Drift, drifts, score_drift
from platform_assets.watch.look import Look
from platform_assets.watch.observations import Observation

INPUT_DRIFT, SCORE_DRIFT = "input_drift", "score_drift"


def input_drift(look: Look) -> list[Observation]:
    """The population stability index of each feature, which its test confirms."""
    described = look.served.reference.get("features", {})
    if not len(look.traffic.logged) or not described:
        return []
    found = drifts(look.traffic.features(look.served.signature), look.served.reference)
    return [_observed(look, INPUT_DRIFT, one.column, one) for one in found]


def drift_of_scores(look: Look) -> list[Observation]:
    """The same for the scores, which move with everything that matters to the model."""
    scores = look.traffic.scores
    if not len(scores) or "score" not in look.served.reference:
        return []
    there = scores[np.isfinite(scores).reshape(len(scores), -1).all(axis=1)]
    if not len(there):
        return []
    return [_observed(look, SCORE_DRIFT, "", score_drift(there, look.served.reference))]


def _observed(look: Look, monitor: str, subject: str, found: Drift) -> Observation:
    settings = look.settings
    beyond = found.beyond(settings.psi, settings.significance)
    return look.judged(monitor, subject, found.rows, found.psi, settings.psi, beyond=beyond)

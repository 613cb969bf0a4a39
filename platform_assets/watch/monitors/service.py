"""Whether the endpoint answers in time, and answers at all; slow changes included."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from platform_assets.ml.calibration import wilson
from platform_assets.watch import log_rows as names
from platform_assets.watch.look import Look
from platform_assets.watch.observations import Observation, Outcome

LATENCY, ERRORS = "latency", "errors"
P95, TREND, FAILED, REFUSED = "p95_ms", "trend", "failed", "refused"

_RECENT = 14
_FEWEST = 6
"""Of fewer windows no order is rarer than one in a hundred."""

_TREND_BY_CHANCE = 0.01


def latency(look: Look) -> list[Observation]:
    """The 95th percentile in ms against the budget, and how much it grew over the last windows."""
    times = look.traffic.requests[names.LATENCY].to_numpy(np.float64)
    if not len(times):
        return []
    budget = look.folder.spec.serving.latency.p95_ms
    now = look.judged(LATENCY, P95, len(times), float(np.quantile(times, 0.95)), budget)
    return [now, _trend(look, now)]


def errors(look: Look) -> list[Observation]:
    """The shares of requests that failed (5xx) and that were refused (4xx), with intervals."""
    status = look.traffic.requests[names.STATUS].to_numpy()
    if not len(status):
        return []
    settings = look.settings
    asked = {FAILED: (status >= 500, settings.errors), REFUSED: (_bad(status), settings.refused)}
    return [_share(look, subject, which, most) for subject, (which, most) in asked.items()]


def growth(values: Sequence[float]) -> tuple[float, float]:
    """How much values grew from the first to the last, as a share, and the chance of their order.

    The line of Theil and Sen and the test of Kendall, neither of which one odd window turns.
    """
    places = np.arange(len(values))
    line = stats.theilslopes(values, places)
    start = float(line.intercept)
    order = stats.kendalltau(places, values, alternative="greater")
    if start <= 0 or not np.isfinite(order.pvalue):
        return 0.0, 1.0
    return float(line.slope) * (len(values) - 1) / start, float(order.pvalue)


def _trend(look: Look, now: Observation) -> Observation:
    before = [
        one.value
        for one in sorted(look.earlier, key=lambda one: one.start)
        if (one.monitor, one.subject) == (LATENCY, P95)
        and one.value is not None
        and one.outcome is not Outcome.TOO_FEW
        and one.start < now.start
    ]
    values = [*before[1 - _RECENT :], now.value or 0.0]
    if len(values) < _FEWEST or now.outcome is Outcome.TOO_FEW:
        return look.judged(LATENCY, TREND, now.rows, None, look.settings.slower)
    grown, chance = growth(values)
    beyond = grown > look.settings.slower and chance <= _TREND_BY_CHANCE
    return look.judged(LATENCY, TREND, now.rows, grown, look.settings.slower, beyond=beyond)


def _share(look: Look, subject: str, which: np.ndarray, most: float) -> Observation:
    """Beyond only when the whole interval is: one failure of few requests proves no rate."""
    found = int(which.sum())
    low, high = map(float, wilson(np.array(found), np.array(len(which))))
    return look.judged(
        ERRORS,
        subject,
        len(which),
        found / len(which),
        most,
        beyond=low > most,
        interval=(low, high),
    )


def _bad(status: np.ndarray) -> np.ndarray:
    """Which requests broke the signature: 400 and 422; who is not let in says nothing of data."""
    bad: np.ndarray = np.isin(status, (400, 422))
    return bad

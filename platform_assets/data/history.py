"""Whether a delivery is as large and as fresh as this table's deliveries usually are.

The table's own past is the only yardstick, taken by medians, so that one odd delivery of the past
does not move it. Nothing is judged before there are eight to compare with. Both answers are
warnings: a quiet day is no fault of the data, and a person knows whether it was one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from platform_assets.findings import Findings

Array = npt.NDArray[np.float64]

LEAST = 8
"""Deliveries (or arrivals) that the past must hold before anything is judged by it."""
WINDOW = 30
"""The past is at most this many of the newest ones."""
TOGETHER = timedelta(hours=1)
"""What comes within an hour of its first delivery is one arrival: a backlog is no rhythm."""

_SPREADS = 3.5
_LEAST_SPREAD = 0.05
_FEW_DELIVERIES = 2.0
_SEEN_SHARE = 0.1
_SEEN_MARGIN = 0.2
_LEAST_DELAY = 0.5
_ABOVE_HABIT = 1.1
_MOST_NAMED = 3
_NORMAL = 1.4826


@dataclass(frozen=True)
class Delivered:
    """One delivery of the past.

    `name` is what a person knows it by, its file; `arrived` has a zone; `rows` are those that were
    delivered; `newest` is the newest event in it (with a zone), None where the model has no time.
    """

    name: str
    arrived: datetime
    rows: int
    newest: datetime | None = None


def volume(history: Sequence[Delivered]) -> Findings:
    """Warns of each delivery of the last arrival with unusually few or many rows.

    Unusual is what lies outside the usual band, and is nothing that one delivery in ten was like:
    small deliveries at each weekend are a habit.
    """
    *past, last = arrivals(history) or [[]]
    before = np.array([one.rows for arrival in past for one in arrival], dtype=float)[-WINDOW:]
    if len(before) < LEAST:
        return _too_young(len(before), "deliveries")
    low, high = _band(before)
    odd = [one for one in last if not (low <= one.rows <= high or _known(before, one.rows))]
    named = ", ".join(f"{one.name} has {one.rows}" for one in odd[:_MOST_NAMED])
    more = f" and {len(odd) - _MOST_NAMED} more" if len(odd) > _MOST_NAMED else ""
    sentence = f"{named}{more} rows, where {low:.0f} to {high:.0f} are usual; was all delivered?"
    facts = {
        "rows": sum(one.rows for one in last),
        "usual_from": low,
        "usual_to": high,
        "compared_with": len(before),
    }
    return Findings(warnings=[sentence] if odd else [], facts=facts)


def freshness(history: Sequence[Delivered], now: datetime) -> Findings:
    """Warns of an arrival whose newest event is unusually old, and of one that is overdue.

    The age of an arrival is the time from its newest event to its arrival. It may exceed what is
    usual by half the usual gap between arrivals, or by 3.5 times its usual spread; and longer
    waits that one in ten was like are a habit.
    """
    seen = arrivals(history)
    if len(seen) <= LEAST:
        return _too_young(max(len(seen) - 1, 0), "arrivals")
    starts = [arrival[0].arrived for arrival in seen][-WINDOW - 1 :]
    gaps = _hours(later - earlier for earlier, later in pairwise(starts))
    waited = (now - seen[-1][-1].arrived) / timedelta(hours=1)
    most = _most(gaps, _median(gaps))
    warnings = []
    if waited > most:
        warnings.append(
            f"nothing has arrived for {waited:.1f} hours, where {most:.1f} are the most to expect"
        )
    facts = {"hours_since_arrival": waited, "usual_gap_hours": _median(gaps)}
    aged = _age(seen[-WINDOW - 1 :], _median(gaps))
    return Findings(warnings=[*warnings, *aged.warnings], facts={**facts, **aged.facts})


def arrivals(history: Sequence[Delivered]) -> list[list[Delivered]]:
    """The deliveries by arrival, the oldest first."""
    found: list[list[Delivered]] = []
    for one in sorted(history, key=lambda one: (one.arrived, one.name)):
        if found and one.arrived - found[-1][0].arrived <= TOGETHER:
            found[-1].append(one)
        else:
            found.append([one])
    return found


def _too_young(there: int, what: str) -> Findings:
    note = f"not judged yet: {there} earlier {what} are there, {LEAST} are needed"
    return Findings(notes=[note], facts={"compared_with": there})


def _band(rows: Array) -> tuple[float, float]:
    """The usual number of rows, by ratio: half is as far from it as double."""
    logs = np.log1p(rows)
    reach = max(_spread(logs), _LEAST_SPREAD) * _SPREADS * (1 + _FEW_DELIVERIES / len(rows))
    middle = _median(logs)
    return float(np.expm1(middle - reach)), float(np.expm1(middle + reach))


def _known(before: Array, rows: int) -> bool:
    """Was one delivery in ten as far off in the same direction, give or take a fifth?"""
    logs = np.log1p(before)
    far = np.log1p(rows) - _median(logs)
    as_far = (logs - _median(logs)) * np.sign(far) >= abs(far) - _SEEN_MARGIN
    return bool(as_far.mean() >= _SEEN_SHARE)


def _age(seen: Sequence[Sequence[Delivered]], gap: float) -> Findings:
    ages = _hours(
        arrival[-1].arrived - max(one.newest for one in arrival if one.newest)
        for arrival in seen
        if any(one.newest for one in arrival)
    )
    if len(ages) <= LEAST or not any(one.newest for one in seen[-1]):
        return Findings()
    most = _most(ages[:-1], gap)
    sentence = (
        f"the newest row was {ages[-1]:.1f} hours old when it arrived, where {most:.1f} are the "
        "most to expect; was an old file delivered again?"
    )
    facts = {"hours_of_age": float(ages[-1]), "usual_age_hours": _median(ages[:-1])}
    return Findings(warnings=[sentence] if ages[-1] > most else [], facts=facts)


def _most(hours: Array, gap: float) -> float:
    """The longest to expect: the middle with its spread, or a little above a habit."""
    usual = _median(hours) + max(_SPREADS * _spread(hours), _LEAST_DELAY * gap)
    habit = float(np.quantile(hours, 1 - _SEEN_SHARE, method="higher"))
    return max(usual, habit * _ABOVE_HABIT)


def _hours(spans: Iterator[timedelta]) -> Array:
    return np.array([span / timedelta(hours=1) for span in spans], dtype=float)


def _spread(values: Array) -> float:
    """The standard deviation of a normal distribution with the same middle half."""
    return float(_NORMAL * np.median(np.abs(values - np.median(values))))


def _median(values: Array) -> float:
    return float(np.median(values))

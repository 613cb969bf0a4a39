"""How far values have moved from the reference of a bundle, and whether chance explains it.

Two figures that need each other: the population stability index says how far, and grows with
chance in few rows; a test says how surely, and finds the smallest of differences in many. So both
must be beyond their bounds. Columns are asked together, and the tests are corrected for their
number (Benjamini and Hochberg 1995).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from platform_assets.ml.reference import shares
from platform_assets.ml.scoring import as_fitted

Array = npt.NDArray[Any]

_FEWEST_EXPECTED = 5.0
"""The chi-squared distribution fits cells that expect at least so many (Cochran 1954)."""

_UNSEEN = 0.5
"""Rows added to each bin, so that an empty one makes no index infinite."""


@dataclass(frozen=True)
class Drift:
    """How one column of `rows` values differs from the reference.

    `psi` is the population stability index beyond what chance alone gives on average, at least 0;
    `distance` the largest distance of the cumulative shares, None for categories; `p_value` the
    chance of such a difference if nothing had changed, corrected for the number of columns asked.
    """

    column: str
    rows: int
    psi: float
    distance: float | None
    p_value: float

    def beyond(self, psi: float, significance: float) -> bool:
        """Whether it is far, and not by chance."""
        return self.psi >= psi and self.p_value <= significance


def drifts(rows: pd.DataFrame, reference: Mapping[str, Any]) -> list[Drift]:
    """Every column that the reference describes, in its order.

    `rows` has a column for each; `reference` is as `reference.reference` makes it.
    """
    described, learned = reference["features"], reference["rows"]
    frame = as_fitted(rows[list(described)])
    found = [_drift(name, frame[name], described[name], learned) for name in described]
    return _corrected(found)


def score_drift(scores: Array, reference: Mapping[str, Any]) -> Drift:
    """The same for scores, shape (n,) or (n, k), whose most probable class is counted."""
    values = pd.Series(scores) if scores.ndim == 1 else _most_probable(scores)
    return _drift("score", values, reference["score"], reference["rows"])


def counts(values: pd.Series, entry: Mapping[str, Any]) -> Array:
    """How many values lie in each bin or category of an entry, the missing ones last."""
    there = int(values.notna().sum())
    return np.append(np.rint(shares(values, entry) * there), len(values) - there)


def expected(entry: Mapping[str, Any]) -> Array:
    """The shares of the reference in the same order; they add up to 1."""
    given = entry["shares"]
    there = np.array(list(given.values()) if isinstance(given, Mapping) else given)
    return np.append(there * (1 - entry["missing"]), entry["missing"])


def stability_index(was: Array, now: Array) -> float:
    """The population stability index of two counts by bin, less what chance gives on average.

    That is (bins - 1) (1/n + 1/m), as for a chi-squared figure (Yurdakul 2018).
    """
    used = (was > 0) | (now > 0)
    before, after = was[used] + _UNSEEN, now[used] + _UNSEEN
    p, q = before / before.sum(), after / after.sum()
    index = np.sum((q - p) * np.log(q / p))
    chance = (len(p) - 1) * (1 / before.sum() + 1 / after.sum())
    return max(float(index - chance), 0.0)


def _drift(name: str, values: pd.Series, entry: Mapping[str, Any], learned: int) -> Drift:
    was, now = expected(entry) * learned, counts(values, entry)
    chances = [_chi_squared(was, now)]
    distance = None
    if entry["kind"] == "numeric":
        distance, chance = _kolmogorov_smirnov(was[:-1], now[:-1])
        chances.append(chance)
    # Two tests of one column: the smaller of two chances is taken twice.
    p_value = min(1.0, len(chances) * min(chances))
    return Drift(name, len(values), stability_index(was, now), distance, p_value)


def _kolmogorov_smirnov(was: Array, now: Array) -> tuple[float, float]:
    """Distance of the cumulative shares at the edges of the bins, and its chance.

    Between the edges it may be larger, so the chance is at most too large.
    """
    n, m = was.sum(), now.sum()
    if not n or not m:
        return 0.0, 1.0
    distance = float(np.abs(np.cumsum(was) / n - np.cumsum(now) / m).max())
    return distance, float(stats.kstwo.sf(distance, max(1, round(n * m / (n + m)))))


def _chi_squared(was: Array, now: Array) -> float:
    """The chance of two counts from the same shares; rare bins are counted together."""
    total = was.sum() + now.sum()
    smaller = min(was.sum(), now.sum())
    if not smaller:
        return 1.0
    rare = (was + now) * smaller / total < _FEWEST_EXPECTED
    table = np.array([[*one[~rare], one[rare].sum()] for one in (was, now)])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2:
        return 1.0
    return float(stats.chi2_contingency(table, correction=False).pvalue)


def _corrected(found: list[Drift]) -> list[Drift]:
    if not found:
        return []
    adjusted = stats.false_discovery_control([one.p_value for one in found])
    return [replace(one, p_value=float(p)) for one, p in zip(found, adjusted, strict=True)]


def _most_probable(scores: Array) -> pd.Series:
    return pd.Series(scores.argmax(axis=1)).astype(str)

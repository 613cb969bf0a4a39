"""Features that tell the target alone, as those do that were written after the outcome.

Each feature is judged by itself: its values are grouped, the groups learn the target on one half
of a sample and are scored on the other, then the halves change places. 0 is no better than blind,
1 is perfect: twice the area under the ROC curve minus one for classes (averaged over them), the
explained share of the ranks' variance for a regression. Whether a value is there at all is judged
in the same way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from platform_assets.findings import Findings
from platform_assets.spec import DataChecks

Array = npt.NDArray[Any]
Score = Callable[[Array], float]

_MOST_ROWS = 20_000
_MOST_CLASSES = 20
_MOST_GROUPS = 256
_ROWS_OF_A_SHARE = 20
_ROWS_OF_A_MEAN = 8
_ROWS_TO_BLOCK = 100
_LEAST_MISSING = 10
_WARN_MISSING = 0.8
_MOST_NAMED = 5


@dataclass(frozen=True)
class Alone:
    """How far one feature gets alone, 0 to 1; `missing` if only by whether its value is there."""

    feature: str
    missing: bool
    score: float

    def __str__(self) -> str:
        return f"{self.feature} (missing or not)" if self.missing else self.feature


def alone(features: pd.DataFrame, target: Array, task: str, *, seed: int = 0) -> list[Alone]:
    """The score of each feature, the highest first.

    `features` are n rows to learn from and `target` their target, encoded as in `Metric.prepare`;
    at most 20,000 of them are looked at, of each class the same number where there are enough.
    """
    if features.empty:
        return []
    classes = np.zeros(len(target), dtype=np.int64) if task == "regression" else target
    chosen, half = _sample(classes, seed)
    rows, seen = features.iloc[chosen], target[chosen]
    score = _of_numbers(seen, half) if task == "regression" else _of_classes(seen, half)
    least = _ROWS_OF_A_MEAN if task == "regression" else _ROWS_OF_A_SHARE
    groups = {name: _groups(column, least) for name, column in rows.items()}
    found = [Alone(str(name), False, score(one)) for name, one in groups.items()]
    found += [
        Alone(str(name), True, score(column.isna().to_numpy(dtype=np.int64)))
        for name, column in rows.items()
        if _LEAST_MISSING <= column.isna().sum() <= len(column) - _LEAST_MISSING
    ]
    return sorted(found, key=lambda one: -one.score)


def leaks(found: Sequence[Alone], rows: int, spec: DataChecks, target: str) -> Findings:
    """Blocks from `spec.max_leak` on, warns from `spec.warn_leak` on.

    A missing value that tells the target is warned of earlier: what is recorded is often recorded
    afterwards. With fewer than 100 `rows` nothing blocks, since a clean cut may be luck.
    """
    open_ones = [one for one in found if one.feature not in spec.trusted]
    perfect = [one for one in open_ones if one.score >= spec.max_leak]
    strong = [one for one in open_ones if one not in perfect and one.score >= _warned(one, spec)]
    if rows < _ROWS_TO_BLOCK:
        perfect, strong = [], perfect + strong
    facts = {"strongest": str(found[0]), "its_score": found[0].score} if found else {}
    return Findings(
        blocking=_sentences(perfect, target, f"from {spec.max_leak:.3g} on nothing passes"),
        warnings=_sentences(strong, target, "more than features usually tell"),
        facts={**facts, "warn_leak": spec.warn_leak, "max_leak": spec.max_leak},
    )


def _warned(one: Alone, spec: DataChecks) -> float:
    return min(_WARN_MISSING, spec.warn_leak) if one.missing else spec.warn_leak


def _sentences(found: Sequence[Alone], target: str, bound: str) -> list[str]:
    if not found:
        return []
    named = ", ".join(f"{one} {one.score:.3f}" for one in found[:_MOST_NAMED])
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    sentence = (
        f"each alone nearly tells {target!r}: {named}{more} (of 1; {bound}); take what is only "
        "known after the outcome out of `features`, or name what is known before it in "
        "checks.trusted"
    )
    return [sentence]


def _sample(classes: Array, seed: int) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Rows in random order, and which half of their class each is in."""
    order = np.random.default_rng(seed).permutation(len(classes))
    nth = pd.Series(classes[order]).groupby(classes[order]).cumcount().to_numpy()
    kept = nth < _MOST_ROWS / max(len(np.unique(classes)), 1)
    return order[kept], nth[kept] % 2 == 0


def _groups(column: pd.Series, least: int) -> Array:
    """The group of each row, counted from 0: a value, a range of numbers, or nothing there.

    A range holds about `least` rows or more.
    """
    most = int(np.clip(len(column) / least, 4, _MOST_GROUPS))
    values = column.astype("int64") if column.dtype.kind == "M" else column
    if values.dtype.kind in "iuf" and values.nunique() > most:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        edges = np.unique(
            np.nanquantile(numbers, np.linspace(0, 1, most + 1)[1:-1], method="nearest")
        )
        values = pd.Series(np.searchsorted(edges, numbers)).where(~np.isnan(numbers), -1)
    codes: Array = pd.factorize(values, use_na_sentinel=False)[0]
    return codes


def _of_classes(target: Array, half: npt.NDArray[np.bool_]) -> Score:
    names, place, rows = np.unique(target, return_inverse=True, return_counts=True)
    judged = np.argsort(-rows, kind="stable")[: _MOST_CLASSES if len(names) > 2 else 1]

    def score(groups: Array) -> float:
        counts = [_table(groups, place, len(names), side) for side in (half, ~half)]
        both = [(counts[0], counts[1]), (counts[1], counts[0])]
        return float(np.mean([_gini(fit, held, one) for fit, held in both for one in judged]))

    return score


def _table(groups: Array, place: Array, classes: int, side: npt.NDArray[np.bool_]) -> Array:
    """Rows of each group and class on one side, shape (groups, classes)."""
    size = (int(groups.max()) + 1) * classes
    flat = np.bincount(groups[side] * classes + place[side], minlength=size)
    return flat.reshape(-1, classes)


def _gini(fit: Array, held: Array, one: int) -> float:
    """How well the shares of class `one` on the fitted side rank the held rows, 0 to 1."""
    rows = fit.sum(axis=1)
    share = (fit[:, one] + fit[:, one].sum() / max(rows.sum(), 1)) / (rows + 1)
    _, rank = np.unique(share.round(12), return_inverse=True)
    hits = np.bincount(rank, weights=held[:, one])
    misses = np.bincount(rank, weights=held.sum(axis=1)) - hits
    pairs = hits.sum() * misses.sum()
    if not pairs:
        return 0.0
    below = np.cumsum(misses) - misses
    above = misses.sum() - below - misses
    return float(max((hits * (below - above)).sum() / pairs, 0.0))


def _of_numbers(target: Array, half: npt.NDArray[np.bool_]) -> Score:
    ranks = pd.Series(target).rank(pct=True).to_numpy()

    def score(groups: Array) -> float:
        return float(np.mean([_explained(groups, ranks, side) for side in (half, ~half)]))

    return score


def _explained(groups: Array, ranks: Array, fit: npt.NDArray[np.bool_]) -> float:
    """The share of the ranks' variance on the other side that the groups' means explain."""
    size = int(groups.max()) + 1
    rows = np.bincount(groups[fit], minlength=size)
    total = np.bincount(groups[fit], weights=ranks[fit], minlength=size)
    middle = ranks[fit].mean() if fit.any() else 0.5
    means = np.where(rows > 0, total / np.maximum(rows, 1), middle)
    held = ranks[~fit]
    spread = ((held - held.mean()) ** 2).sum() if len(held) else 0.0
    missed = ((held - means[groups[~fit]]) ** 2).sum()
    return float(max(1 - missed / spread, 0.0)) if spread else 0.0

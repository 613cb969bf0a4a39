"""Whether what the model tells is what happens: in tenths of the rows, by what it told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from platform_assets.ml.intervals import SAMPLES, Interval, draws, interval

Array = npt.NDArray[Any]

_TENTHS = 10
_SURE = 0.95
_Z = 1.96


@dataclass(frozen=True)
class Tenth:
    """Rows that were told about the same: the mean told, the mean seen with its 95 % interval."""

    rows: int
    told: float
    seen: Interval


@dataclass(frozen=True)
class Calibration:
    """How far what was told is from what was seen.

    `of` says what is told: `probability` of the positive class, `confidence` in the class chosen,
    or `value`. `error` is the mean distance over the tenths (the expected calibration error),
    `chance` what a perfectly calibrated model would exceed once in twenty holdouts like this.
    `bias` is told minus seen over all rows, `brier` the mean squared distance; None for values.
    """

    of: str
    tenths: Sequence[Tenth]
    error: Interval
    chance: float
    bias: Interval
    brier: Interval | None
    sentence: str

    @property
    def off(self) -> bool:
        """Whether the model is off beyond chance."""
        return self.error.value > self.chance


def calibration(task: str, y: Array, score: Array, *, seed: int = 0) -> Calibration:
    """Compare told and seen; arrays as in `Metric.prepare`, of n ≥ 1 rows."""
    of, told, seen = _told(task, np.asarray(y, float), np.asarray(score, float))
    place = _tenths(told)
    judges = [_distance(place, told, seen), _mean(told - seen), _mean((told - seen) ** 2)]
    drawn = draws(judges, y, classes=False, samples=SAMPLES, seed=seed)
    once = np.ones(len(told))
    error, bias, squared = (
        interval(judge(once), one, len(y)) for judge, one in zip(judges, drawn, strict=True)
    )
    chance = _chance(place, told, seen, probabilities=of != "value", seed=seed)
    brier = None if of == "value" else squared
    found = _each(place, told, seen, shares=of != "value")
    return Calibration(of, found, error, chance, bias, brier, _sentence(of, error, chance, bias))


def wilson(hits: Array, rows: Array) -> tuple[Array, Array]:
    """The 95 % interval of a share, which is no single point where nothing or all was hit."""
    centre = (hits + _Z**2 / 2) / (rows + _Z**2)
    reach = _Z / (rows + _Z**2) * np.sqrt(hits * (rows - hits) / rows + _Z**2 / 4)
    return np.maximum(centre - reach, 0.0), np.minimum(centre + reach, 1.0)


def _told(task: str, y: Array, score: Array) -> tuple[str, Array, Array]:
    if task == "multiclass":
        right = (score.argmax(axis=1) == y).astype(float)
        return "confidence", score.max(axis=1), right
    return ("probability" if task == "binary" else "value"), score, y


def _tenths(told: Array) -> Array:
    """For each row the number of its tenth; equal values stay together."""
    cuts = np.unique(np.quantile(told, np.linspace(0, 1, _TENTHS + 1)[1:-1]))
    places = np.searchsorted(cuts, told, side="left")
    numbered: Array = np.unique(places, return_inverse=True)[1]
    return numbered


def _distance(place: Array, told: Array, seen: Array) -> Callable[[Array], float]:
    """The mean distance over the tenths as a function of the rows' weights."""
    off = told - seen
    return lambda weight: float(np.abs(np.bincount(place, weight * off)).sum() / weight.sum())


def _mean(values: Array) -> Callable[[Array], float]:
    return lambda weight: float((weight * values).sum() / weight.sum())


def _chance(place: Array, told: Array, seen: Array, *, probabilities: bool, seed: int) -> float:
    """What the distance of a perfectly calibrated model stays below, 19 times in 20."""
    draw = np.random.default_rng(seed)
    rows = np.bincount(place)
    # A sum of many outcomes varies as a normal: by p(1-p) each, or by the residuals' own spread.
    centred = (told - seen) - (np.bincount(place, told - seen) / rows)[place]
    each = told * (1 - told) if probabilities else centred**2
    spread = np.sqrt(np.bincount(place, np.maximum(each, 0.0)))
    off = np.abs(draw.normal(size=(2_000, len(rows))) * spread).sum(axis=1) / len(told)
    return float(np.quantile(off, _SURE))


def _each(place: Array, told: Array, seen: Array, *, shares: bool) -> list[Tenth]:
    groups = [place == number for number in range(place.max() + 1)]
    return [
        Tenth(
            int(held.sum()), float(told[held].mean()), (_share if shares else _centre)(seen[held])
        )
        for held in groups
    ]


def _share(seen: Array) -> Interval:
    low, high = wilson(np.array([seen.sum()]), np.array([len(seen)]))
    return Interval(float(seen.mean()), float(low[0]), float(high[0]))


def _centre(seen: Array) -> Interval:
    mean, reach = float(seen.mean()), _Z * float(seen.std()) / float(np.sqrt(len(seen)))
    return Interval(mean, mean - reach, mean + reach)


def _sentence(of: str, error: Interval, chance: float, bias: Interval) -> str:
    off = f"What is told is off by {error} on average over the tenths"
    if error.value <= chance:
        return f"{off}, no more than chance gives ({chance:.2g})."
    way = ""
    if bias.low > 0 or bias.high < 0:
        way = f"; the {of} told is too {'high' if bias.low > 0 else 'low'} by {abs(bias.value):.2g}"
    return f"{off}, beyond chance ({chance:.2g}){way}."

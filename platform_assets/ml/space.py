"""What a search tries, in an order that the seed decides, and whether the best lies on its edge."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from scipy.stats import loguniform, randint, uniform
from sklearn.model_selection import ParameterGrid, ParameterSampler

from platform_assets.spec import Range, Search

Parameters = Mapping[str, Any]

_DRAWS_OF_A_TRIAL = 5
"""Draws from ranges repeat by chance; after so many for each trial there is little left to try."""
_EDGE = 0.05
_DIGITS = 6


def candidates(defaults: Parameters, search: Search, seed: int) -> list[Parameters]:
    """What each trial sets: nothing, then `search.trials - 1` others at most, none twice.

    `defaults` are the estimator's own parameters, which the first trial keeps.
    """
    return [{}, *islice(_others(defaults, search, seed), search.trials - 1)]


def on_edge(space: Mapping[str, Any], defaults: Parameters, best: Parameters) -> list[str]:
    """A sentence for each number of the best trial that lies at an end of what was tried.

    Of a list that is its least or greatest number; of a range, the outer twentieth on either side.
    """
    return [
        sentence
        for name, tried in space.items()
        if (sentence := _edge(name, best.get(name, defaults.get(name)), tried))
    ]


def _others(defaults: Parameters, search: Search, seed: int) -> Iterator[Parameters]:
    seen: list[Parameters] = []
    for found in _drawn(search, seed):
        if found not in seen and any(defaults[name] != value for name, value in found.items()):
            seen.append(found)
            yield found


def _drawn(search: Search, seed: int) -> Iterator[Parameters]:
    if not search.space:
        return
    values = {name: _distribution(one) for name, one in search.space.items()}
    if any(isinstance(one, Range) for one in search.space.values()):
        most = search.trials * _DRAWS_OF_A_TRIAL
    else:
        most = min(search.trials, len(ParameterGrid(values)))
    for found in ParameterSampler(values, most, random_state=seed):
        yield {name: _plain(search.space[name], value) for name, value in found.items()}


def _distribution(values: Any) -> Any:
    if not isinstance(values, Range):
        return values
    if values.log:
        return loguniform(values.low, values.high)
    if _whole(values):
        return randint(values.low, values.high + 1)
    return uniform(values.low, values.high - values.low)


def _plain(values: Any, drawn: Any) -> Any:
    """What was drawn as a short number of Python, within its range."""
    if not isinstance(values, Range):
        return drawn
    if _whole(values):
        return min(max(round(float(drawn)), int(values.low)), int(values.high))
    return min(max(float(f"{drawn:.{_DIGITS}g}"), float(values.low)), float(values.high))


def _whole(values: Range) -> bool:
    return isinstance(values.low, int) and isinstance(values.high, int)


def _edge(name: str, value: Any, tried: Any) -> str:
    ends = _ends(tried)
    if ends is None or not _is_number(value):
        return ""
    low, high = ends
    place, margin = _place(tried, value, low, high), _margin(tried)
    if place <= margin:
        return f"{name}={value} is at the low end of what was tried ({low} to {high})"
    if place >= 1 - margin:
        return f"{name}={value} is at the high end of what was tried ({low} to {high})"
    return ""


def _ends(tried: Any) -> tuple[float, float] | None:
    if isinstance(tried, Range):
        return tried.low, tried.high
    numbers: Sequence[float] = sorted({one for one in tried if _is_number(one)})
    return (numbers[0], numbers[-1]) if len(numbers) > 1 else None


def _place(tried: Any, value: float, low: float, high: float) -> float:
    """Where between both ends a value lies, 0 to 1."""
    if isinstance(tried, Range) and tried.log and value > 0:
        return math.log(value / low) / math.log(high / low)
    return (value - low) / (high - low)


def _margin(tried: Any) -> float:
    return _EDGE if isinstance(tried, Range) and not _whole(tried) else 0.0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

"""What two versions did side by side, as endpoints count it; figures of several replicas add up."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any


@dataclass(frozen=True)
class Side:
    """The requests given to one version; `latency_us` counts them by an upper bound in µs."""

    requests: int = 0
    errors: int = 0
    latency_us: Mapping[float, int] = field(default_factory=dict)

    def __add__(self, other: "Side") -> "Side":
        latency = Counter(self.latency_us) + Counter(other.latency_us)
        return Side(self.requests + other.requests, self.errors + other.errors, dict(latency))

    def quantile_ms(self, q: float, deviations: float = 0.0) -> float:
        """The latency that a share `q` of the requests kept, in ms.

        Taken so many standard deviations of its rank further up; infinite where the rank is beyond
        all requests, 0 where it is before them.
        """
        count = sum(self.latency_us.values())
        rank = math.ceil(q * count + deviations * math.sqrt(q * (1 - q) * count))
        if rank > count or not count:
            return math.inf if deviations >= 0 else 0.0
        passed = 0
        for bound in sorted(self.latency_us):
            passed += self.latency_us[bound]
            if passed >= rank:
                return bound / 1000 if rank > 0 else 0.0
        return math.inf


@dataclass(frozen=True)
class Pairs:
    """What both were given.

    `shadowed` are requests that the stable version answered and the candidate was given behind it,
    so that no caller's request to the candidate is among them; `failures` are those of them that
    the candidate alone could not answer.
    Sums are over rows: of the stable score, of the candidate's minus it, and of both squared.
    """

    requests: int = 0
    shadowed: int = 0
    failures: int = 0
    rows: int = 0
    disagreed: int = 0
    stable: float = 0.0
    stable_squares: float = 0.0
    shift: float = 0.0
    shift_squares: float = 0.0

    def __add__(self, other: "Pairs") -> "Pairs":
        names = [one.name for one in fields(Pairs)]
        return Pairs(**{name: getattr(self, name) + getattr(other, name) for name in names})


@dataclass(frozen=True)
class Figures:
    """Everything that is known of a candidate beside what is stable."""

    stable: Side = Side()
    candidate: Side = Side()
    pairs: Pairs = Pairs()

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.stable + other.stable, self.candidate + other.candidate, self.pairs + other.pairs
        )

    @property
    def requests(self) -> int:
        """By how many requests the candidate is known."""
        return max(self.pairs.requests, self.candidate.requests)


def figures_from(told: Mapping[str, Any]) -> Figures:
    """The figures in what an endpoint says of its candidate; KeyError, TypeError, ValueError."""
    sides = {
        name: Side(
            int(told[name]["requests"]),
            int(told[name]["errors"]),
            {float(bound): int(count) for bound, count in told[name]["latency_us"]},
        )
        for name in ("stable", "candidate")
    }
    given = told["pairs"]
    names = [one.name for one in fields(Pairs) if one.name != "shadowed" or one.name in given]
    pairs = Pairs(**{name: _number(given[name]) for name in names})
    if "shadowed" not in names:
        pairs = replace(pairs, shadowed=_fewest_shadowed(pairs, sides["candidate"]))
    return Figures(sides["stable"], sides["candidate"], pairs)


def _fewest_shadowed(pairs: Pairs, candidate: Side) -> int:
    """How many were shadowed at least; replicas started before it was counted do not say."""
    answered = candidate.requests - candidate.errors
    return max(pairs.failures, pairs.requests - answered)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"got {value!r}, expected a number")
    return value

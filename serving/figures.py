"""What two versions did side by side, in counts: the counts of several replicas simply add up."""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from serving.bundle import Bundle
from serving.signature import Array

# Eight buckets for each doubling: a bound is at most 9 % above what it stands for.
_PER_DOUBLING = 8
_SPREAD_SHARE = 0.1


@dataclass
class Arm:
    """The requests that one version was given; `errors` are those that it could not answer."""

    requests: int = 0
    errors: int = 0
    latency: Counter[int] = field(default_factory=Counter)

    def count(self, nanoseconds: int, *, failed: bool = False) -> None:
        self.requests += 1
        self.errors += failed
        self.latency[bucket(nanoseconds)] += 1

    def told(self) -> dict[str, Any]:
        """`latency_us` are pairs of a bound in µs and the number of requests up to it."""
        # Another thread may be counting: `dict` copies in one step, iteration would not.
        latency = [[bound_us(one), count] for one, count in sorted(dict(self.latency).items())]
        return {"requests": self.requests, "errors": self.errors, "latency_us": latency}


@dataclass
class Pairs:
    """Rows that both versions scored.

    `disagreed` are rows decided otherwise; `shadowed` are requests that the stable version
    answered and the candidate was given behind it, `failures` those of them that the candidate
    could not answer. Sums are over rows, of the stable version's score, of the candidate's minus
    it, and of the squares of both; they stay 0 for several classes.
    """

    rows: int = 0
    disagreed: int = 0
    requests: int = 0
    shadowed: int = 0
    failures: int = 0
    stable: float = 0.0
    stable_squares: float = 0.0
    shift: float = 0.0
    shift_squares: float = 0.0

    def compare(self, stable: Bundle, candidate: Bundle, was: Array, new: Array) -> None:
        """Count one request that both answered."""
        self.requests += 1
        self.rows += len(was)
        self.disagreed += int(disagreeing(stable, candidate, was, new).sum())
        if was.ndim == 1 and new.ndim == 1:
            shift = new - was
            self.stable += float(was.sum())
            self.stable_squares += float(was @ was)
            self.shift += float(shift.sum())
            self.shift_squares += float(shift @ shift)

    def fail(self) -> None:
        """Count one shadowed request that the stable version alone could answer."""
        self.requests += 1
        self.shadowed += 1
        self.failures += 1

    def told(self) -> dict[str, Any]:
        return dict(self.__dict__)


def bucket(nanoseconds: int) -> int:
    """Which bucket of the histogram a latency falls into."""
    return math.ceil(_PER_DOUBLING * math.log2(max(nanoseconds, 1000) / 1000))


def bound_us(index: int) -> float:
    """The largest latency, in µs, of a bucket."""
    return round(float(2 ** (index / _PER_DOUBLING)), 3)


def disagreeing(stable: Bundle, candidate: Bundle, was: Array, new: Array) -> Array:
    """Which rows are decided otherwise, as booleans of shape (n,).

    Another side of the threshold, another likeliest class, or for a regression values further
    apart than a tenth of the spread of the stable version's golden scores.
    """
    if was.shape != new.shape:
        return np.ones(len(was), dtype=bool)
    if was.ndim > 1:
        return np.asarray(was.argmax(axis=1) != new.argmax(axis=1))
    if stable.signature.task == "binary":
        sides = was >= stable.signature.threshold, new >= candidate.signature.threshold
        return np.asarray(sides[0] != sides[1])
    spread = float(np.std(stable.golden.scores))
    return np.asarray(np.abs(new - was) > max(_SPREAD_SHARE * spread, stable.golden.tolerance))

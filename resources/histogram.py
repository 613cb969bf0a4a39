"""A histogram of latencies after HdrHistogram (Gil Tene): fixed relative error, no upper limit.

Below 256 µs each microsecond has a bucket of its own, above that 128 buckets share each doubling:
a bucket is less than 1 % wide. Histograms of several runs add up; what has no latency is counted
apart.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_PRECISION = 7
_EXACT = 2 << _PRECISION
_PERCENT = 100.0
_US_PER_MS = 1000.0


@dataclass(frozen=True)
class Histogram:
    """`counts` by the highest latency of the bucket in µs; `lost` had no answer."""

    counts: Mapping[int, int]
    lost: int = 0

    @classmethod
    def of(cls, latencies_ms: npt.NDArray[np.float64]) -> "Histogram":
        """Count latencies in ms; infinite ones are lost."""
        there = latencies_ms[np.isfinite(latencies_ms)]
        bounds, counts = np.unique(_bound(there * _US_PER_MS), return_counts=True)
        found = dict(zip(bounds.tolist(), counts.tolist(), strict=True))
        return cls(found, len(latencies_ms) - len(there))

    def __add__(self, other: "Histogram") -> "Histogram":
        return Histogram(dict(Counter(self.counts) + Counter(other.counts)), self.lost + other.lost)

    @property
    def total(self) -> int:
        return sum(self.counts.values()) + self.lost

    def percentiles(self, wanted: Iterable[float]) -> list[float]:
        """The latencies in ms that so many percent kept (nearest rank); infinite among the lost."""
        bounds = np.array(sorted(self.counts), dtype=np.float64)
        kept = np.cumsum([self.counts[int(bound)] for bound in bounds])
        ranks = np.ceil(np.array(list(wanted)) * self.total / _PERCENT).clip(min=1)
        ends = np.append(bounds / _US_PER_MS, np.inf)
        return [float(one) for one in ends[np.searchsorted(kept, ranks)]]

    def told(self) -> dict[str, Any]:
        """As JSON values; the inverse is `histogram_from`."""
        return {"us": [list(pair) for pair in sorted(self.counts.items())], "lost": self.lost}


def histogram_from(told: Mapping[str, Any]) -> Histogram:
    """What `Histogram.told` gave; KeyError, TypeError or ValueError on anything else."""
    return Histogram({int(bound): int(count) for bound, count in told["us"]}, int(told["lost"]))


def _bound(us: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """The highest µs of the bucket that each latency falls into."""
    whole = np.ceil(us).clip(min=1).astype(np.int64)
    doublings = np.maximum(np.frexp(whole.astype(np.float64))[1] - (_PRECISION + 1), 0)
    shift = doublings.astype(np.int64)
    found: npt.NDArray[np.int64] = ((whole >> shift) + 1 << shift) - 1
    return found

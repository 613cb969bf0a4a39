"""Counts of one serving process, kept where they cost least: plain numbers, added up by one thread.

Whoever reads them makes Prometheus's form of them, in a thread of its own.
"""

from bisect import bisect_left
from collections import Counter
from typing import NamedTuple

# Upper bounds in seconds, from an answer in the loop to one that nobody waits for.
BOUNDS = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025),
    *(0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
_BOUNDS_NS = tuple(round(bound * 1e9) for bound in BOUNDS)
NO_VERSION = "none"

# What became of a request, by the status of its answer; others are told as `failed`.
OUTCOMES = {
    200: "ok",
    400: "bad_input",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "not_found",
    408: "too_slow",
    413: "too_large",
    415: "unsupported_media",
    429: "rate_limited",
    500: "failed",
    503: "unavailable",
}


class Histogram(NamedTuple):
    """How many latencies fell below each of BOUNDS and above the last, and their sum in ns."""

    counts: list[int]
    total: list[int]

    @classmethod
    def empty(cls) -> "Histogram":
        return cls([0] * (len(BOUNDS) + 1), [0])

    def add(self, nanoseconds: int) -> None:
        self.counts[bisect_left(_BOUNDS_NS, nanoseconds)] += 1
        self.total[0] += nanoseconds

    def buckets(self) -> list[tuple[str, int]]:
        """Prometheus's pairs of `le` and how many were at most that."""
        found, below = [], 0
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), self.counts.copy(), strict=True):
            below += count
            found.append((bound, below))
        return found


class Meter:
    """Requests for predictions by version; every method is called by one thread alone."""

    def __init__(self) -> None:
        self.outcomes: Counter[tuple[str, int]] = Counter()
        self.rows: Counter[str] = Counter()
        self.seconds: dict[str, Histogram] = {}

    def answered(self, version: str, status: int, nanoseconds: int, rows: int = 0) -> None:
        """Count one that was answered, or refused for what was in it."""
        self.outcomes[version, status] += 1
        if status == 200:
            self.rows[version] += rows
            self._histogram(version).add(nanoseconds)

    def refused(self, version: str, status: int) -> None:
        """Count one that nobody looked into."""
        self.outcomes[version, status] += 1

    def _histogram(self, version: str) -> Histogram:
        histogram = self.seconds.get(version)
        if histogram is None:
            histogram = self.seconds[version] = Histogram.empty()
        return histogram

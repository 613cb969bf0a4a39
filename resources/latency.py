"""Is an endpoint as fast as its budget, and as the version before it? Decided from figures alone.

Each figure has an interval of 95 %. It passes when all of it keeps the limit and fails when none
of it does; in between it is inconclusive, and so is what the version beside it, asked in turn on
the same machine, does not keep either: then the machine is slow, and tells nothing of the version.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gitops.budget import LatencyBudget
from gitops.conditions import Verdict, VerdictOutcome
from resources.load import LoadReport

PERCENTILES = {"p50": 50.0, "p95": 95.0, "p99": 99.0}
BESIDE = "latency_beside"
SLOWDOWN = 2.0
# What a busy machine adds to one version and not to the other.
GRACE_MS = 5.0
_RESAMPLES = 1000
_MOST_DRAWN = 20_000_000
_FEWEST_RESAMPLES = 100
_BLOCKS = 40
_FEWEST_IN_BLOCK = 5
_SIDES = (2.5, 97.5)

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Measurement:
    """Runs at one rate, those of the version `beside` it in turn; empty where there is none."""

    mine: tuple[LoadReport, ...]
    beside: tuple[LoadReport, ...] = ()
    version: str = ""

    def __add__(self, other: "Measurement") -> "Measurement":
        """Both rounds; they have the same sides."""
        return Measurement(self.mine + other.mine, self.beside + other.beside, self.version)

    @property
    def report(self) -> LoadReport:
        return LoadReport.joined(self.mine)

    @property
    def report_beside(self) -> LoadReport | None:
        return LoadReport.joined(self.beside) if self.beside else None

    def summary(self) -> str:
        """What was sent and what failed, e.g. `250 requests at 50/s`."""
        report = self.report
        failures = ", ".join(f"{count} x {kind}" for kind, count in report.failures.items())
        sent = f"{report.requests} requests at {report.rate:g}/s"
        return f"{sent}; failed: {failures}" if failures else sent


@dataclass(frozen=True)
class Interval:
    """A figure and the bounds of 95 %."""

    low: float
    observed: float
    high: float

    def judged(self, limit: float) -> VerdictOutcome:
        if self.high <= limit:
            return "pass"
        return "fail" if self.low > limit else "inconclusive"


def judge(
    budget: LatencyBudget, measured: Measurement, slowdown: float = SLOWDOWN
) -> list[Verdict]:
    """Verdicts `latency_p50`, `latency_p95`, `latency_p99` and `error_rate`.

    Where a version stands beside it, `latency_beside` too: the median may be `slowdown` times as
    long, or GRACE_MS longer.
    """
    report, beside = measured.report, measured.report_beside
    allowed = {"p50": budget.p50_ms, "p95": budget.p95_ms, "p99": budget.p99_ms}
    told = measured.summary()
    verdicts = [_percentile(name, limit, report, beside, told) for name, limit in allowed.items()]
    verdicts.append(_errors(budget.error_rate, report, beside, told))
    return [*verdicts, *([_beside(measured, slowdown)] if beside else [])]


def unmeasured(budget: LatencyBudget, why: str) -> list[Verdict]:
    """The same verdicts where nothing could be asked: none passes."""
    allowed = {"p50": budget.p50_ms, "p95": budget.p95_ms, "p99": budget.p99_ms}
    verdicts = [
        Verdict(f"latency_{name}", False, name, None, limit, "ms", why)
        for name, limit in allowed.items()
    ]
    errors = Verdict("error_rate", False, "error rate", None, budget.error_rate, message=why)
    return [*verdicts, errors]


def percentile_interval(latencies: Array, q: float) -> Interval:
    """The latency that `q` percent kept; its bounds by a bootstrap of blocks of neighbours.

    Neighbours are alike, which resamples of single latencies would deny (Künsch 1989).
    """
    count = len(latencies)
    rank = max(1, math.ceil(q * count / 100)) - 1
    length = min(count, max(_FEWEST_IN_BLOCK, math.ceil(count / _BLOCKS)))

    def of(sample: Array) -> Array:
        found: Array = np.partition(sample, rank, axis=-1)[..., rank]
        return found

    def drawn(draw: np.random.Generator, times: int) -> Array:
        starts = draw.integers(count, size=(times, math.ceil(count / length)))
        places = (starts[..., None] + np.arange(length)).reshape(times, -1)[:, :count]
        return of(latencies[places % count])

    return _bounds(float(of(latencies)), count, drawn)


def ratio_interval(mine: Array, beside: Array) -> Interval:
    """The median of how many times as long each slice took as the one beside it in time.

    Slices in which neither had an answer tell nothing; if all are so, anything is possible.
    """
    told = np.isfinite(mine) | np.isfinite(beside)
    if not told.any():
        return Interval(0.0, math.nan, math.inf)
    ratios = mine[told] / beside[told]

    def drawn(draw: np.random.Generator, times: int) -> Array:
        found: Array = np.median(ratios[draw.integers(len(ratios), size=(times, len(ratios)))], 1)
        return found

    return _bounds(float(np.median(ratios)), len(ratios), drawn)


def _bounds(
    observed: float, count: int, drawn: Callable[[np.random.Generator, int], Array]
) -> Interval:
    times = max(_FEWEST_RESAMPLES, min(_RESAMPLES, _MOST_DRAWN // count))
    # A few at a time, for the sake of memory; the same figures always give the same bounds.
    draw, at_once = np.random.default_rng(0), max(1, _MOST_DRAWN // (10 * count))
    parts = [drawn(draw, min(at_once, times - done)) for done in range(0, times, at_once)]
    low, high = np.percentile(np.concatenate(parts), _SIDES, method="closest_observation")
    return Interval(float(low), observed, float(high))


def _percentile(
    name: str, limit: float, report: LoadReport, beside: LoadReport | None, told: str
) -> Verdict:
    found = percentile_interval(report.latencies_ms, PERCENTILES[name])
    outcome = found.judged(limit)
    message = f"{found.low:.3g} to {found.high:.3g} ms in {told}"
    if outcome == "fail" and beside:
        other = percentile_interval(beside.latencies_ms, PERCENTILES[name])
        if other.judged(limit) != "pass":
            outcome = "inconclusive"
            message += f"; the version beside it, meanwhile: {other.observed:.3g} ms"
    seen = _figure(found.observed)
    passed = outcome == "pass"
    return Verdict(f"latency_{name}", passed, name, seen, limit, "ms", message, outcome=outcome)


def _errors(limit: float, report: LoadReport, beside: LoadReport | None, told: str) -> Verdict:
    rate = report.error_rate
    outcome: VerdictOutcome = "pass"
    if rate > limit:
        outcome = "inconclusive" if beside and beside.error_rate > limit else "fail"
    return Verdict(
        "error_rate", outcome == "pass", "error rate", rate, limit, message=told, outcome=outcome
    )


def _beside(measured: Measurement, slowdown: float) -> Verdict:
    mine, usual = (np.array([one.p50 for one in runs]) for runs in (measured.mine, measured.beside))
    middle = float(np.median(usual))
    found = ratio_interval(mine, usual)
    limit = max(slowdown, (middle + GRACE_MS) / middle)
    message = (
        f"{found.low:.3g} to {found.high:.3g} in {len(mine)} slices of each, in turn; "
        f"version {measured.version}: {middle:.3g} ms"
    )
    metric, outcome = "times as long as the version beside it", found.judged(limit)
    seen = _figure(found.observed)
    return Verdict(
        BESIDE, outcome == "pass", metric, seen, round(limit, 3), "", message, outcome=outcome
    )


def _figure(measured: float) -> float | None:
    return round(measured, 3) if math.isfinite(measured) else None

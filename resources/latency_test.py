"""The latency test of a deployment: rounds of load, until they tell or have been bounded.

Where a version stands beside the one that is tested, both are asked in slices that take turns, so
that whatever else the machine does meets both.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gitops.analysis import conclusion
from gitops.budget import LatencyBudget
from gitops.conditions import Verdict
from resources.latency import Measurement, judge
from resources.load import LoadReport, Target

ROUNDS = 3
LONGEST_EXTRA_SECONDS = 30.0
SLICE_SECONDS = 0.5
FEWEST_SLICES = 6
_NOT_THERE = "status 404"
_MOST = 0.5


@dataclass(frozen=True)
class Tested:
    """The last measurement and what is to be said of it."""

    measured: Measurement
    verdicts: Sequence[Verdict]


def latency_test(
    budget: LatencyBudget, slowdown: float, measure: Callable[[float], Measurement]
) -> Tested:
    """Measure, for as many seconds as `measure` is given, and once more from the start in doubt.

    A failure counts at once if a version beside it shows that the machine is not to blame, or if
    requests failed; else the second time.
    """
    first = _rounds(budget, slowdown, measure)
    if _is_settled(first):
        return first
    second = _rounds(budget, slowdown, measure)
    return Tested(second.measured, [_second(one) for one in second.verdicts])


def measure_in_turn(
    rate: float, seconds: float, mine: Target, beside: Target | None, version: str = ""
) -> Measurement:
    """`rate` requests a second for `seconds` to each; without `beside`, in one run.

    It ends early behind a slice of `mine` of which most was not answered in time: the others would
    take as long, and tell no more.
    """
    requests = max(1, round(rate * seconds))
    if beside is None:
        return Measurement((mine.run(rate, requests),))
    runs: dict[bool, list[LoadReport]] = {True: [], False: []}
    for number, size in enumerate(slices(requests, seconds)):
        # In the order ABBA, so that what grows slowly meets both alike.
        for ours in (True, False) if number % 2 == 0 else (False, True):
            runs[ours].append((mine if ours else beside).run(rate, size))
        if _is_silent(runs[True][-1]):
            break
    if any(_NOT_THERE in one.failures for one in runs[False]):
        # Not every replica has it, such as one that was started since.
        return Measurement(tuple(runs[True]))
    return Measurement(tuple(runs[True]), tuple(runs[False]), version)


def _is_silent(report: LoadReport) -> bool:
    """Was most of it not answered in time?"""
    return float(np.isinf(report.latencies_ms).mean()) > _MOST


def slices(requests: int, seconds: float) -> list[int]:
    """The requests of each slice: slices are about SLICE_SECONDS long, and none is empty."""
    count = min(requests, max(FEWEST_SLICES, round(seconds / SLICE_SECONDS)))
    size, more = divmod(requests, count)
    return [size + (number < more) for number in range(count)]


def _rounds(
    budget: LatencyBudget, slowdown: float, measure: Callable[[float], Measurement]
) -> Tested:
    measured = measure(budget.seconds)
    for _ in range(ROUNDS - 1):
        verdicts = judge(budget, measured, slowdown)
        if conclusion(verdicts) != "inconclusive":
            return Tested(measured, verdicts)
        more = measure(min(budget.seconds, LONGEST_EXTRA_SECONDS))
        same = bool(more.beside) == bool(measured.beside)
        measured = measured + more if same else more
    return Tested(measured, judge(budget, measured, slowdown))


def _is_settled(tested: Tested) -> bool:
    outcome = conclusion(tested.verdicts)
    if outcome != "fail":
        return outcome == "pass"
    failed = {one.check for one in tested.verdicts if one.outcome == "fail"}
    return bool(tested.measured.beside) or "error_rate" in failed


def _second(verdict: Verdict) -> Verdict:
    return replace(verdict, message=f"{verdict.message}, the second time")

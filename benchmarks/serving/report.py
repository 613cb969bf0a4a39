"""From measurements to medians, ratios and goals, as Markdown."""

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from benchmarks.serving.contestants import Contestant, Kind
from benchmarks.serving.wrk import Load, Shot


@dataclass(frozen=True)
class Measured:
    """One measurement of a contestant; `cpu_us` is processor time for each request, in µs."""

    name: str
    load: Load
    shot: Shot
    cpu_us: float


@dataclass(frozen=True)
class Goal:
    """Under `load`, Slipway's figure over that of the best of `kind` is at least `least`.

    `figure` is `rate`, or `p50` and `p99`, of which the ratio is turned over: higher is better.
    """

    text: str
    load: Load
    kind: Kind
    figure: str
    least: float
    workers: int = 1
    against: int = 1


GOALS = (
    Goal("every packaged peer beaten 20 times", Load(1, 8), "packaged", "rate", 20),
    Goal("FastAPI with two workers beaten 10 times", Load(1, 8), "sklearn", "rate", 10, against=2),
    Goal("the careful engineer equalled", Load(1, 8), "careful", "rate", 1),
    Goal("0.8 of the limit", Load(1, 8), "limit", "rate", 0.8),
    Goal("0.8 of the limit, two workers each", Load(1, 8), "limit", "rate", 0.8, 2, 2),
    Goal("p50 ten times better than packaged", Load(1, 1), "packaged", "p50", 10),
    Goal("p99 ten times better than packaged", Load(1, 1), "packaged", "p99", 10),
    Goal("p50 within twice the limit", Load(1, 1), "limit", "p50", 0.5),
    Goal("p99 within twice the limit", Load(1, 1), "limit", "p99", 0.5),
    Goal("1,000 rows twice as fast as packaged", Load(1000, 8), "packaged", "rate", 2),
)


class Results:
    """Medians over the rounds."""

    def __init__(self, contestants: Sequence[Contestant], measured: Sequence[Measured]) -> None:
        self.contestants = contestants
        self._measured = measured

    def shots(self, name: str, load: Load) -> list[Shot]:
        return [one.shot for one in self._measured if (one.name, one.load) == (name, load)]

    def figure(self, name: str, load: Load, figure: str) -> float:
        return median(getattr(shot, figure) for shot in self.shots(name, load))

    def cpu_us(self, name: str, load: Load) -> float:
        return median(one.cpu_us for one in self._measured if (one.name, one.load) == (name, load))

    def failed(self, name: str, load: Load) -> int:
        return sum(shot.failed for shot in self.shots(name, load))

    def ours(self, workers: int) -> Contestant:
        return next(
            one for one in self.contestants if (one.kind, one.workers) == ("slipway", workers)
        )

    def ratio(self, goal: Goal) -> tuple[float, str] | None:
        """Against the best of the kind, with its name; None if there is none of it."""
        others = [
            one.name
            for one in self.contestants
            if (one.kind, one.workers) == (goal.kind, goal.against)
        ]
        mine = self.figure(self.ours(goal.workers).name, goal.load, goal.figure)
        found = [(self.figure(name, goal.load, goal.figure), name) for name in others]
        ratios = [
            (over(mine, theirs) if goal.figure == "rate" else over(theirs, mine), name)
            for theirs, name in found
        ]
        return min(ratios, default=None)


def report(
    contestants: Sequence[Contestant],
    loads: Sequence[Load],
    measured: Sequence[Measured],
    machine: tuple[float, float],
) -> str:
    """The tables, then whether each goal is met."""
    results = Results(contestants, measured)
    lines = [*(line for load in loads for line in table(results, load)), "Goals:", ""]
    before, after = machine
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} processors"
    ending = ["", f"{when}, load average {before:.1f} before and {after:.1f} after."]
    return "\n".join([*lines, *goals(results), *ending])


def over(one: float, other: float) -> float:
    """The ratio; infinity where not a single answer came in time."""
    return one / other if other else math.inf


def table(results: Results, load: Load) -> Iterator[str]:
    mine = results.figure(results.ours(1).name, load, "rate")
    yield f"{load}:"
    yield ""
    yield "| | requests/s | Slipway is | p50, ms | p99, ms | processor, µs | failed |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for one in results.contestants:
        rate, p50, p99 = (results.figure(one.name, load, name) for name in ("rate", "p50", "p99"))
        cpu, failed = results.cpu_us(one.name, load), results.failed(one.name, load)
        times = f"{rate:,.1f} | {over(mine, rate):.2f} times | {p50:.2f} | {p99:.2f}"
        yield f"| {one.name} | {times} | {cpu:,.0f} | {failed} |"
    yield ""


def goals(results: Results) -> Iterator[str]:
    for goal in GOALS:
        found = results.ratio(goal)
        if found is not None:
            ratio, name = found
            verdict = "met" if ratio >= goal.least else "missed"
            yield f"- {goal.text}: {ratio:.2f} of {goal.least:g} asked for ({name}), {verdict}."

"""A bounded search: each trial fits on some training rows and is judged on the others.

A trial that fails is told with its reason and left behind; the search goes on.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
import pandas as pd
from joblib import Parallel, delayed
from sklearn.pipeline import Pipeline

from platform_assets.errors import TrainingError
from platform_assets.ml.fitting import Array, Parameters, answers, fitted, words
from platform_assets.ml.metrics import metric
from platform_assets.ml.space import candidates
from platform_assets.ml.weights import row_weights
from platform_assets.spec import ModelSpec

BuildEstimator = Callable[[], Pipeline]
Report = Callable[[str], None]
Clock = Callable[[], float]


@dataclass(frozen=True)
class Data:
    """What a search works on: n rows as fitted, their target, and which of them judge.

    `classes` are the names that the target counts, in order.
    """

    rows: pd.DataFrame
    target: Array
    judged: npt.NDArray[np.bool_]
    spec: ModelSpec
    classes: Sequence[str] = ()

    def fitted(self, pipeline: Pipeline, parameters: Parameters, *, all_rows: bool) -> Pipeline:
        """Fit on all rows, or on those that do not judge."""
        rows, target = self.rows, self.target
        if not all_rows:
            rows, target = rows[~self.judged], target[~self.judged]
        asked = self.spec.training
        weights = row_weights(target, self.classes, asked.class_weight)
        return fitted(pipeline, parameters, rows, target, weights, asked.fit_seconds)


@dataclass(frozen=True)
class Trial:
    """One fit of the search: what was set beyond the estimator's own defaults, and its figure."""

    parameters: Parameters
    score: float
    seconds: float


@dataclass(frozen=True)
class Failed:
    """A trial without a figure, and why."""

    parameters: Parameters
    reason: str


@dataclass(frozen=True)
class Found:
    """A trial with its scores on the rows that judge, shape (m,) or (m, k)."""

    trial: Trial
    answer: Array


Outcome = Found | Failed


@dataclass(frozen=True)
class Workers:
    """How many trials are at work at a time, and where: a backend by the name joblib knows."""

    count: int = 1
    backend: str | None = None


ALONE = Workers()


def search(
    build: BuildEstimator, data: Data, report: Report, clock: Clock, workers: Workers
) -> list[Outcome]:
    """The outcome of each trial, in the order they were drawn; the defaults are the first.

    `report` takes one line for every trial, in the same order. Where and how many at a time they
    are fitted changes no outcome, but how many of them there is time for.
    """
    spec, started = data.spec, clock()
    planned = candidates(build().get_params(), spec.search, spec.split.seed)
    outcomes: list[Outcome] = []
    for outcome in _attempted(build, data, _in_time(planned, spec.search.seconds, clock), workers):
        outcomes.append(outcome)
        report(_line(outcomes, len(planned), spec, clock() - started))
    if len(outcomes) < len(planned):
        report(
            f"search stopped after {clock() - started:.0f} s and {len(outcomes)} of "
            f"{len(planned)} trials; search.seconds of defs.yaml is {spec.search.seconds:g}"
        )
    return outcomes


def best_of(outcomes: Iterable[Outcome], spec: ModelSpec) -> Found:
    """The trial with the best figure; TrainingError with every reason if all have failed."""
    found = [one for one in outcomes if isinstance(one, Found)]
    if found:
        judge = metric(spec.task, spec.metric)
        return found[judge.best([one.trial.score for one in found])]
    reasons = list(dict.fromkeys(one.reason for one in outcomes if isinstance(one, Failed)))
    raise TrainingError("; ".join(reasons))


def _attempted(
    build: BuildEstimator, data: Data, planned: Iterator[Parameters], workers: Workers
) -> Iterator[Outcome]:
    if workers == ALONE:
        yield from (attempt(build(), data, parameters) for parameters in planned)
        return
    # Ray's backend gives results as a list alone, so one wave is told when all of it has ended.
    with Parallel(workers.count, backend=workers.backend) as pool:
        while wave := list(islice(planned, workers.count)):
            yield from pool(delayed(attempt)(build(), data, parameters) for parameters in wave)


def _in_time(planned: Sequence[Parameters], seconds: float, clock: Clock) -> Iterator[Parameters]:
    """The first in any case, then one after the other until the time is up."""
    started = clock()
    for number, parameters in enumerate(planned):
        if number and clock() - started >= seconds:
            return
        yield parameters


def attempt(pipeline: Pipeline, data: Data, parameters: Parameters) -> Outcome:
    """Fit on the rows that do not judge, and judge on the others."""
    begun, spec, judged = time.perf_counter(), data.spec, data.judged
    try:
        model = data.fitted(pipeline, parameters, all_rows=False)
        answer = answers(model, spec.task, data.rows[judged], parameters)
    except TrainingError as error:
        return Failed(parameters, str(error))
    score = metric(spec.task, spec.metric)(data.target[judged], answer)
    return Found(Trial(parameters, score, time.perf_counter() - begun), answer)


def _line(outcomes: Sequence[Outcome], planned: int, spec: ModelSpec, elapsed: float) -> str:
    last, place = outcomes[-1], f"trial {len(outcomes)} of {planned}"
    if isinstance(last, Failed):
        return f"{place} failed: {last.reason}"
    best = best_of(outcomes, spec).trial
    return (
        f"{place}: {spec.metric} {last.trial.score:.4f} with {words(last.trial.parameters)}; "
        f"best so far {best.score:.4f}, {elapsed:.1f} s"
    )

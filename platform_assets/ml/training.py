"""From a training part to a fitted model: a bounded search, then one fit on everything.

The search is judged on the validation rows, which `platform_assets.ml.splits.validation` marks;
the holdout is unknown here.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import precision_recall_curve
from sklearn.model_selection import ParameterGrid, ParameterSampler
from sklearn.pipeline import Pipeline

from platform_assets.errors import TrainingError
from platform_assets.ml.metrics import evaluate, metric
from platform_assets.ml.scoring import as_fitted, scores
from platform_assets.spec import ModelSpec

Array = npt.NDArray[Any]
Parameters = Mapping[str, Any]
BuildEstimator = Callable[[], Pipeline]

# What estimators raise for data and parameters that they cannot use; numpy's LinAlgError is a
# ValueError. Anything else (an interrupt, no memory) is no statement about the estimator.
_REFUSALS = (ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RuntimeError)


@dataclass(frozen=True)
class Trial:
    """One fit of the search: what was set beyond the estimator's own defaults, and its figure."""

    parameters: Parameters
    score: float
    seconds: float


@dataclass(frozen=True)
class Training:
    """A fitted model and how it was found.

    `validation` are all metrics of the best trial on the validation rows; `threshold` is the
    probability from which a binary answer is positive, chosen on the same rows. `model` was then
    fitted on the training and validation rows together.
    """

    model: Pipeline
    best: Trial
    trials: Sequence[Trial]
    validation: Mapping[str, float]
    threshold: float
    seconds: float

    @property
    def parameters(self) -> Parameters:
        """What the best trial set beyond the estimator's own defaults."""
        return self.best.parameters


def train(
    build: BuildEstimator,
    features: pd.DataFrame,
    target: Array,
    validation: npt.NDArray[np.bool_],
    spec: ModelSpec,
    *,
    report: Callable[[str], None] = lambda _: None,
    clock: Callable[[], float] = time.monotonic,
) -> Training:
    """Search the parameters, take the best, fit on every row given.

    `build` returns a new, unfitted pipeline; its own defaults are the first trial. The target is
    encoded as in `Metric.prepare`, `validation` marks the rows that trials are judged on. `report`
    takes one line of progress for every trial. `clock` gives seconds that only grow: no trial
    starts once `spec.search.seconds` have passed.

    Raises
    ------
    TrainingError
        If a fit raises, or gives a score that is no finite number, with its parameters; if there
        are no rows to fit or to judge on.
    """
    started = clock()
    _require_both_parts(validation)
    data = _Data(build, as_fitted(features), target, validation, spec)
    tried = list(_tried(data, report, clock))
    trials = tuple(trial for trial, _ in tried)
    judge = metric(spec.task, spec.metric)
    best, answer = tried[judge.best([trial.score for trial in trials])]
    seen = target[validation]
    return Training(
        model=_refitted(data, best.parameters),
        best=best,
        trials=trials,
        validation=evaluate(spec.task, seen, answer),
        threshold=_threshold(seen, answer) if spec.task == "binary" else 0.5,
        seconds=clock() - started,
    )


def _require_both_parts(validation: npt.NDArray[np.bool_]) -> None:
    if not validation.any() or validation.all():
        raise TrainingError(
            f"the search needs rows to fit on and rows to be judged on, got "
            f"{(~validation).sum()} and {validation.sum()}; look at `split` in defs.yaml"
        )


@dataclass(frozen=True)
class _Data:
    build: BuildEstimator
    rows: pd.DataFrame
    target: Array
    validation: npt.NDArray[np.bool_]
    spec: ModelSpec


def _tried(
    data: _Data, report: Callable[[str], None], clock: Callable[[], float]
) -> Iterator[tuple[Trial, Array]]:
    """Each trial with its scores on the validation rows."""
    judge = metric(data.spec.task, data.spec.metric)
    judged = data.validation
    started = clock()
    for number, parameters in enumerate(_sampled(data), start=1):
        begun = clock()
        if number > 1 and begun - started >= data.spec.search.seconds:
            report(f"search stopped after {begun - started:.0f} s and {number - 1} trials")
            return
        model = _fitted(data, parameters, data.rows[~judged], data.target[~judged])
        answer = _answer(data, model, parameters, data.rows[judged])
        trial = Trial(parameters, judge(data.target[judged], answer), clock() - begun)
        report(f"trial {number}: {judge.name} {trial.score:.4f} with {_words(parameters)}")
        yield trial, answer


def _sampled(data: _Data) -> Iterator[Parameters]:
    """The estimator's defaults, then other parameters in seeded order, none twice."""
    search, defaults = data.spec.search, data.build().get_params()
    yield {}
    size = len(ParameterGrid(search.space)) if search.space else 0
    drawn = ParameterSampler(
        search.space, min(search.trials, size), random_state=data.spec.split.seed
    )
    others = (
        found
        for found in (drawn if size else ())
        if any(defaults[name] != value for name, value in found.items())
    )
    yield from islice(others, search.trials - 1)


def _refitted(data: _Data, parameters: Parameters) -> Pipeline:
    model = _fitted(data, parameters, data.rows, data.target)
    _answer(data, model, parameters, data.rows.iloc[:1000])
    return model


def _fitted(data: _Data, parameters: Parameters, rows: pd.DataFrame, target: Array) -> Pipeline:
    try:
        return data.build().set_params(**parameters).fit(rows, target)
    except _REFUSALS as error:
        raise TrainingError(
            f"the estimator failed on {len(rows)} rows with {_words(parameters)}: "
            f"{type(error).__name__}: {error}"
        ) from error


def _answer(data: _Data, model: Pipeline, parameters: Parameters, rows: pd.DataFrame) -> Array:
    try:
        answer = scores(model, data.spec.task, rows)
    except _REFUSALS as error:
        raise TrainingError(
            f"the fitted estimator cannot score {len(rows)} rows with {_words(parameters)}: "
            f"{type(error).__name__}: {error}"
        ) from error
    wrong = len(rows) - int(np.isfinite(answer).reshape(len(rows), -1).all(axis=1).sum())
    if wrong:
        raise TrainingError(
            f"{wrong} of {len(rows)} scores are no finite numbers with {_words(parameters)}"
        )
    return answer


def _threshold(y: Array, score: Array) -> float:
    """The lowest probability called positive with the best harmonic mean of precision and recall.

    0.5 where no row is positive.
    """
    if not y.any():
        return 0.5
    precision, recall, thresholds = precision_recall_curve(y, score)
    balance = 2 * precision * recall / np.maximum(precision + recall, np.finfo(float).tiny)
    return float(np.clip(thresholds[balance[:-1].argmax()], 0.0, 1.0))


def _words(parameters: Parameters) -> str:
    named = ", ".join(f"{name}={value!r}" for name, value in parameters.items())
    return named or "the estimator's defaults"

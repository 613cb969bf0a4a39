"""From a training part to a fitted model: a bounded search, then the last fit.

The search is judged on the validation rows, which `platform_assets.ml.splits.validation` marks;
the holdout is unknown here. The last fit learns from every row, the validation rows too. Not so
with calibration: a calibrator must not see rows the model has learned from, so the validation rows
stay out of the last fit, and calibrate. Calibrating in folds would learn from all, but leave as
many models as folds to serve.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from platform_assets.errors import TrainingError
from platform_assets.ml.calibrating import calibrated, uncalibrated
from platform_assets.ml.decision import threshold, told
from platform_assets.ml.fitting import Array, Parameters, answers
from platform_assets.ml.metrics import evaluate
from platform_assets.ml.scoring import as_fitted
from platform_assets.ml.search import (
    ALONE,
    BuildEstimator,
    Clock,
    Data,
    Failed,
    Found,
    Report,
    Trial,
    Workers,
    best_of,
    search,
)
from platform_assets.ml.space import on_edge
from platform_assets.spec import ModelSpec

_ROWS_TO_PROVE = 1000


@dataclass(frozen=True)
class Training:
    """A fitted model and how it was found.

    `validation` are all metrics of the best trial on the validation rows, before calibration;
    `threshold` is the probability from which a binary answer is positive, chosen on the same rows,
    and `decision` what it does to them. `learned` counts the rows that `model` was fitted on.
    `failed` are trials without a figure; `on_edge` says where the best trial lies at an end of what
    was tried.
    """

    model: Pipeline
    best: Trial
    trials: Sequence[Trial]
    failed: Sequence[Failed]
    on_edge: Sequence[str]
    validation: Mapping[str, float]
    threshold: float
    decision: Mapping[str, float]
    learned: int
    seconds: float

    @property
    def estimator(self) -> str:
        """The class of the last step, below a calibrator."""
        return type(uncalibrated(self.model[-1])).__name__

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
    classes: Sequence[str] = (),
    report: Report = lambda _: None,
    clock: Clock = time.monotonic,
    workers: Workers = ALONE,
) -> Training:
    """Search the parameters, take the best, fit it once more.

    `build` returns a new, unfitted pipeline; its own defaults are the first trial. The target is
    encoded as in `Metric.prepare`, `classes` are the names it counts, for weights by name.
    `validation` marks the rows that trials are judged on. `report` takes one line of progress for
    every trial. `clock` gives seconds that only grow: no trial starts once `spec.search.seconds`
    have passed. `workers` says how many trials run at a time, and where; it changes no result.

    Raises
    ------
    TrainingError
        If every trial, or the last fit, raises, does not converge, or gives a score that is no
        finite number, with its parameters; if there are no rows to fit or to judge on.
    """
    started = clock()
    _require_both_parts(validation)
    data = Data(as_fitted(features), target, validation, spec, classes)
    outcomes = search(build, data, report, clock, workers)
    return _training(build, data, outcomes, lambda: clock() - started)


def _training(
    build: BuildEstimator,
    data: Data,
    outcomes: Sequence[Found | Failed],
    seconds: Callable[[], float],
) -> Training:
    """Fit the best of the outcomes once more; `seconds` are asked when that is done."""
    spec, judged = data.spec, data.judged
    best = best_of(outcomes, spec)
    seen = data.target[judged]
    model, answer = _final(build, data, best)
    binary, all_rows = spec.task == "binary", spec.training.calibration == "none"
    at = threshold(seen, answer, spec.training.threshold) if binary else 0.5
    trials = tuple(one.trial for one in outcomes if isinstance(one, Found))
    return Training(
        model=model,
        best=best.trial,
        trials=trials,
        failed=tuple(one for one in outcomes if isinstance(one, Failed)),
        on_edge=_edges(build, spec, best.trial) if len(trials) > 1 else (),
        validation=evaluate(spec.task, seen, best.answer),
        threshold=at,
        decision=told(seen, answer, at) if binary else {},
        learned=len(data.target) if all_rows else int((~judged).sum()),
        seconds=seconds(),
    )


def _require_both_parts(validation: npt.NDArray[np.bool_]) -> None:
    if not validation.any() or validation.all():
        raise TrainingError(
            f"the search needs rows to fit on and rows to be judged on, got "
            f"{(~validation).sum()} and {validation.sum()}; look at `split` in defs.yaml"
        )


def _edges(build: BuildEstimator, spec: ModelSpec, best: Trial) -> Sequence[str]:
    return tuple(on_edge(spec.search.space, build().get_params(), best.parameters))


def _final(build: BuildEstimator, data: Data, best: Found) -> tuple[Pipeline, Array]:
    """The model, and the scores of the validation rows that its threshold is chosen by."""
    spec, parameters = data.spec, best.trial.parameters
    method = spec.training.calibration
    model = data.fitted(build(), parameters, all_rows=method == "none")
    if method == "none":
        answers(model, spec.task, data.rows.iloc[:_ROWS_TO_PROVE], parameters)
        return model, best.answer
    judging = data.rows[data.judged]
    model = calibrated(model, method, judging, data.target[data.judged])
    return model, answers(model, spec.task, judging, parameters)

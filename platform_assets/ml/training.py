"""From a training part to a fitted model: a bounded search, then one fit on everything.

The search is judged on the validation rows, which `platform_assets.ml.splits.validation` marks;
the holdout is unknown here.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import precision_recall_curve
from sklearn.pipeline import Pipeline

from platform_assets.errors import TrainingError
from platform_assets.ml.fitting import Array, Parameters, answers, fitted
from platform_assets.ml.metrics import evaluate
from platform_assets.ml.scoring import as_fitted
from platform_assets.ml.search import (
    BuildEstimator,
    Clock,
    Data,
    Failed,
    Found,
    Report,
    Trial,
    best_of,
    search,
)
from platform_assets.ml.space import on_edge
from platform_assets.spec import ModelSpec

_ROWS_TO_PROVE = 1000


@dataclass(frozen=True)
class Training:
    """A fitted model and how it was found.

    `validation` are all metrics of the best trial on the validation rows; `threshold` is the
    probability from which a binary answer is positive, chosen on the same rows. `model` was then
    fitted on the training and validation rows together. `failed` are trials without a figure;
    `on_edge` says where the best trial lies at an end of what was tried.
    """

    model: Pipeline
    best: Trial
    trials: Sequence[Trial]
    failed: Sequence[Failed]
    on_edge: Sequence[str]
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
    report: Report = lambda _: None,
    clock: Clock = time.monotonic,
) -> Training:
    """Search the parameters, take the best, fit on every row given.

    `build` returns a new, unfitted pipeline; its own defaults are the first trial. The target is
    encoded as in `Metric.prepare`, `validation` marks the rows that trials are judged on. `report`
    takes one line of progress for every trial. `clock` gives seconds that only grow: no trial
    starts once `spec.search.seconds` have passed.

    Raises
    ------
    TrainingError
        If every trial, or the last fit, raises, does not converge, or gives a score that is no
        finite number, with its parameters; if there are no rows to fit or to judge on.
    """
    started = clock()
    _require_both_parts(validation)
    data = Data(build, as_fitted(features), target, validation, spec)
    outcomes = search(data, report, clock)
    best = best_of(outcomes, spec)
    seen = target[validation]
    trials = tuple(one.trial for one in outcomes if isinstance(one, Found))
    return Training(
        model=_refitted(data, best.trial.parameters),
        best=best.trial,
        trials=trials,
        failed=tuple(one for one in outcomes if isinstance(one, Failed)),
        on_edge=_edges(data, best.trial) if len(trials) > 1 else (),
        validation=evaluate(spec.task, seen, best.answer),
        threshold=_threshold(seen, best.answer) if spec.task == "binary" else 0.5,
        seconds=clock() - started,
    )


def _require_both_parts(validation: npt.NDArray[np.bool_]) -> None:
    if not validation.any() or validation.all():
        raise TrainingError(
            f"the search needs rows to fit on and rows to be judged on, got "
            f"{(~validation).sum()} and {validation.sum()}; look at `split` in defs.yaml"
        )


def _edges(data: Data, best: Trial) -> Sequence[str]:
    return tuple(on_edge(data.spec.search.space, data.build().get_params(), best.parameters))


def _refitted(data: Data, parameters: Parameters) -> Pipeline:
    model = fitted(data.build(), parameters, data.rows, data.target)
    answers(model, data.spec.task, data.rows.iloc[:_ROWS_TO_PROVE], parameters)
    return model


def _threshold(y: Array, score: Array) -> float:
    """The lowest probability called positive with the best harmonic mean of precision and recall.

    0.5 where no row is positive.
    """
    if not y.any():
        return 0.5
    precision, recall, thresholds = precision_recall_curve(y, score)
    balance = 2 * precision * recall / np.maximum(precision + recall, np.finfo(float).tiny)
    return float(np.clip(thresholds[balance[:-1].argmax()], 0.0, 1.0))

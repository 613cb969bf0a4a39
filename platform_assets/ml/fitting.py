"""One fit and its answers, with every way to fail told in a sentence."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline

from platform_assets.errors import TrainingError
from platform_assets.ml.limit import OutOfTime, within
from platform_assets.ml.scoring import scores

Array = npt.NDArray[Any]
Parameters = Mapping[str, Any]
HOUR = 3600.0

# What estimators raise for data and parameters that they cannot use; numpy's LinAlgError is a
# ValueError. Anything else (an interrupt, no memory) is no statement about the estimator.
_REFUSALS = (ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RuntimeError)


def fitted(
    pipeline: Pipeline,
    parameters: Parameters,
    rows: pd.DataFrame,
    target: Array,
    weights: Array | None = None,
    seconds: float = HOUR,
) -> Pipeline:
    """The pipeline with these parameters, fitted; `rows` as `scoring.as_fitted` makes them.

    `weights`, shape (n,), are those of the rows in the last step; `seconds` is how long the fit
    may take.

    Raises
    ------
    TrainingError
        If the estimator raises, ends before it has converged, or does not end in time.
    """
    last = pipeline.steps[-1][0]
    weighted = {} if weights is None else {f"{last}__sample_weight": weights}
    try:
        with within(seconds), warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            return pipeline.set_params(**parameters).fit(rows, target, **weighted)
    except OutOfTime as late:
        raise TrainingError(
            f"the fit on {len(rows)} rows with {words(parameters)} was cut off after {seconds:g} s "
            "(training.fit_seconds of defs.yaml); give the estimator an end "
            "(for example max_iter), or the fit more time"
        ) from late
    except ConvergenceWarning as warning:
        raise TrainingError(
            f"the estimator did not converge on {len(rows)} rows with {words(parameters)}: "
            f"{_first_line(warning)}; give it more iterations, or scale its columns"
        ) from warning
    except _REFUSALS as error:
        raise TrainingError(
            f"the estimator failed on {len(rows)} rows with {words(parameters)}: "
            f"{type(error).__name__}: {error}"
        ) from error


def answers(model: Pipeline, task: str, rows: pd.DataFrame, parameters: Parameters) -> Array:
    """Scores as `scoring.scores` gives them, each a finite number; TrainingError otherwise."""
    try:
        answer = scores(model, task, rows)
    except _REFUSALS as error:
        raise TrainingError(
            f"the fitted estimator cannot score {len(rows)} rows with {words(parameters)}: "
            f"{type(error).__name__}: {error}"
        ) from error
    wrong = len(rows) - int(np.isfinite(answer).reshape(len(rows), -1).all(axis=1).sum())
    if wrong:
        raise TrainingError(
            f"{wrong} of {len(rows)} scores are no finite numbers with {words(parameters)}"
        )
    return answer


def words(parameters: Parameters) -> str:
    """The parameters as a person reads them."""
    named = ", ".join(f"{name}={value!r}" for name, value in parameters.items())
    return named or "the estimator's defaults"


def _first_line(warning: Warning) -> str:
    return str(warning).strip().partition("\n")[0].rstrip(".:")

"""Probabilities that mean what they say, mended on rows that the model has not learned from."""

from typing import Any

import numpy.typing as npt
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from platform_assets.errors import TrainingError


def calibrated(
    model: Pipeline, method: str, rows: pd.DataFrame, target: npt.NDArray[Any]
) -> Pipeline:
    """The fitted pipeline with a calibrator around its last step, fitted on `rows` alone.

    `method` is sigmoid or isotonic. `rows`, as `scoring.as_fitted` makes them, must be none that
    the model was fitted on: there it is surer of itself than anywhere else. Isotonic needs
    thousands of them. The steps themselves stay as they are.

    Raises
    ------
    TrainingError
        If the calibrator cannot be fitted, for example since a class has no row.
    """
    name, last = model.steps[-1]
    _require_every_class(last.classes_, method, target)
    around = CalibratedClassifierCV(FrozenEstimator(last), method=method)
    try:
        around.fit(model[:-1].transform(rows) if len(model) > 1 else rows, target)
    except (ValueError, TypeError, AttributeError) as error:
        raise TrainingError(
            f"{method} calibration failed on {len(rows)} validation rows: "
            f"{type(error).__name__}: {error}"
        ) from error
    _thaw(around, last)
    return Pipeline([*model.steps[:-1], (name, around)])


def _require_every_class(known: npt.NDArray[Any], method: str, target: npt.NDArray[Any]) -> None:
    missing = len(set(known.tolist()) - set(target.tolist()))
    if missing:
        raise TrainingError(
            f"{method} calibration needs validation rows of each class, {missing} of {len(known)} "
            f"classes have none among {len(target)}; raise split.validation of defs.yaml"
        )


def uncalibrated(last: Any) -> Any:
    """The estimator inside of a calibrator; any other as it is."""
    return last.estimator if isinstance(last, CalibratedClassifierCV) else last


def _thaw(around: CalibratedClassifierCV, last: Any) -> None:
    """skl2onnx 1.20 knows no FrozenEstimator, which answers as what it holds does."""
    around.estimator = last
    for one in around.calibrated_classifiers_:
        one.estimator = last

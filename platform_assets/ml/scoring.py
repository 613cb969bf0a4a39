"""Frames as pipelines are fitted on, and scores as metrics take them."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[Any]


def as_fitted(features: pd.DataFrame) -> pd.DataFrame:
    """The frame with which a pipeline is fitted and scored, here as in `serving.scorer.frame`.

    float64 for numbers and booleans, object for text, NaN for whatever is missing: scikit-learn's
    encoders and imputers take None and NaN for two different values.
    """
    return pd.DataFrame({name: _as_fitted(column) for name, column in features.items()})


def scores(model: Any, task: str, features: pd.DataFrame) -> Array:
    """Score a frame with a fitted pipeline.

    Returns
    -------
    float64 of shape (n,): probability of the second class, or predicted value; (n, k)
    probabilities for a multiclass task.
    """
    rows = as_fitted(features)
    if task == "regression":
        return np.asarray(model.predict(rows), dtype=np.float64).reshape(len(rows))
    probabilities = np.asarray(model.predict_proba(rows), dtype=np.float64)
    return probabilities[:, 1] if task == "binary" else probabilities


def _as_fitted(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column.astype(np.float64)
    return column.astype(object).where(column.notna(), np.nan)

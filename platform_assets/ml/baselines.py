"""The models that a candidate has to beat to be worth its keep."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from platform_assets.ml.scoring import as_fitted

_MOST_CATEGORIES = 50
_ITERATIONS = 2000


def baselines(
    task: str, features: pd.DataFrame, target: npt.NDArray[np.generic]
) -> dict[str, Pipeline]:
    """Fit `dummy`, which looks at no feature, and `linear`, which takes all of them as they are.

    Both are scored with `scores`. `target` is encoded as in `Metric.prepare`.
    """
    rows = as_fitted(features)
    dummy = DummyRegressor() if task == "regression" else DummyClassifier(strategy="prior")
    last = Ridge() if task == "regression" else LogisticRegression(max_iter=_ITERATIONS)
    models = {"dummy": make_pipeline(dummy), "linear": make_pipeline(_plain(rows), last)}
    return {name: model.fit(rows, target) for name, model in models.items()}


def _plain(rows: pd.DataFrame) -> Pipeline:
    """Missing numbers become the median, missing text a category of its own."""
    numbers = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()
    )
    words = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="(missing)", keep_empty_features=True),
        OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=_MOST_CATEGORIES),
    )
    is_number, is_word = (
        make_column_selector(dtype_include=np.number),
        make_column_selector(dtype_include=object),
    )
    return make_column_transformer(
        *(
            (part, chosen)
            for part, chosen in ((numbers, is_number), (words, is_word))
            if chosen(rows)
        ),
        sparse_threshold=0,
    )

"""Three estimators that neither example model uses, over any mix of numbers, gaps and text."""

from collections.abc import Callable, Mapping

from sklearn.base import BaseEstimator
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def pipeline(last: BaseEstimator, *numbers: BaseEstimator) -> Pipeline:
    """Text as one column for each value, numbers without gaps, then `last`."""
    words = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = make_column_transformer(
        (words, make_column_selector(dtype_include="object")),
        remainder=make_pipeline(SimpleImputer(strategy="median"), *numbers),
    )
    return make_pipeline(columns, last)


def logistic_regression() -> Pipeline:
    return pipeline(LogisticRegression(), StandardScaler())


def random_forest() -> Pipeline:
    return pipeline(RandomForestClassifier(100, min_samples_leaf=5, random_state=0))


def gradient_boosting() -> Pipeline:
    return pipeline(GradientBoostingClassifier(random_state=0))


ESTIMATORS: Mapping[str, Callable[[], Pipeline]] = {
    "logistic regression": logistic_regression,
    "random forest": random_forest,
    "gradient boosting": gradient_boosting,
}

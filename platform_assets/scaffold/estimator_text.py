"""The text of `estimator.py`: a pipeline that takes gaps and words as they come."""

import textwrap

from platform_assets.scaffold.contract_text import WIDTH
from platform_assets.scaffold.plan import Plan

_TREES = '''"""Boosted trees on all features of defs.yaml: {rows} carry them.

{words_sentence}
"""

from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import {last}
{imports}

def build() -> Pipeline:
    """A new, unfitted pipeline; the `search` of defs.yaml tries other values for its parameters."""
    words = {words}
    columns = make_column_transformer(
        (words, make_column_selector(dtype_include="object")), remainder="passthrough"
    )
    trees = {last}(
{loss}        max_iter=100,
        learning_rate=0.1,
        max_leaf_nodes=31,
        min_samples_leaf=20,
        l2_regularization=1.0,{why}
        early_stopping=False,
        random_state=0,
    )
    return make_pipeline(columns, trees)
'''

_LINEAR = '''"""A {kind} on all features of defs.yaml: {rows} do not carry much more.

Missing numbers become the median; everything is scaled, since the penalty compares coefficients.
Each word becomes a column. With thousands of rows, try HistGradientBoosting{suffix} instead.
"""

from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import {last}
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def build() -> Pipeline:
    """A new, unfitted pipeline; the `search` of defs.yaml tries other values for its parameters."""
    words = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    numbers = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()
    )
    columns = make_column_transformer(
        (words, make_column_selector(dtype_include="object")), remainder=numbers
    )
    return make_pipeline(columns, {call})
'''

_ONE_HOT_IMPORTS = """from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder
"""
_TARGET_IMPORTS = """from sklearn.model_selection import KFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import TargetEncoder
"""
_ONE_HOT = 'OneHotEncoder(handle_unknown="ignore", max_categories=50, sparse_output=False)'
_TARGET_MEAN = 'TargetEncoder(target_type="{kind}", cv=KFold(5, shuffle=True, random_state=0))'
_ROBUST = """        loss="absolute_error",  # few values lie far out; squares would obey them
"""
# Their second derivatives are next to nothing, and a step is divided by their sum.
_BOUNDED = "  # without it, steps for rare classes have no end"
_GAPS = "Missing numbers stay missing, trees have a branch for them."
_COLUMNS_OF_WORDS = "Each word becomes a column, and rare ones share one."
_MEANS_OF_WORDS = (
    "Each word becomes the mean of the target where it stands, "
    "so that a column may hold thousands of them."
)


def estimator_text(plan: Plan) -> str:
    """The module, laid out as ruff lays it out."""
    rows = f"{plan.target.rows:,}{' and more' if not plan.sample.whole else ''} rows"
    return _trees(plan, rows) if plan.family == "trees" else _linear(plan, rows)


def step(plan: Plan) -> str:
    """The name of the pipeline's last step, under which the search names its parameters."""
    return _last(plan).lower()


def _last(plan: Plan) -> str:
    regression = plan.target.task == "regression"
    if plan.family == "trees":
        return f"HistGradientBoosting{'Regressor' if regression else 'Classifier'}"
    return "Ridge" if regression else "LogisticRegression"


def _trees(plan: Plan, rows: str) -> str:
    """With more than two classes, ONNX has no form for means of the target."""
    task = plan.target.task
    means = task != "multiclass"
    kind = "continuous" if task == "regression" else "binary"
    return _TREES.format(
        rows=rows,
        last=_last(plan),
        why="" if task == "regression" else _BOUNDED,
        loss=_ROBUST if plan.target.has_far_values else "",
        words=_TARGET_MEAN.format(kind=kind) if means else _ONE_HOT,
        imports=_TARGET_IMPORTS if means else _ONE_HOT_IMPORTS,
        words_sentence=textwrap.fill(
            f"{_GAPS} {_MEANS_OF_WORDS if means else _COLUMNS_OF_WORDS}", WIDTH
        ),
    )


def _linear(plan: Plan, rows: str) -> str:
    regression = plan.target.task == "regression"
    return _LINEAR.format(
        rows=rows,
        kind="ridge regression" if regression else "logistic regression",
        suffix="Regressor" if regression else "Classifier",
        last=_last(plan),
        call="Ridge(alpha=1.0)" if regression else "LogisticRegression(C=1.0, max_iter=2000)",
    )

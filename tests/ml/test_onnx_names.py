"""Columns of any name, and text with gaps, come through to ONNX."""

import numpy as np
import pytest
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, TargetEncoder

from platform_assets.ml.export import export
from platform_assets.ml.scoring import as_fitted
from serving.signature import Column, Signature
from tests.ml.examples import CLASSES, example

TEXT = make_column_selector(dtype_include="object")
ENCODERS = {
    "one-hot": OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    "target": TargetEncoder(target_type="binary", cv=KFold(5, shuffle=True, random_state=0)),
}
ODD = ["sepal length (cm)", "größe", "class", "1st", "a,b", "a.b", "{x}", 'q"q', " lead", "label"]


def renamed(name, task, last):
    """The toy model with its first column called `name`, exported."""
    features, target = example(task)
    features = features.rename(columns={"amount": name})
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    pipeline = make_pipeline(make_column_transformer((encoder, TEXT), remainder="drop"), last)
    return export(pipeline.fit(features, target), signature(name, task), features, features, 1e-4)


def signature(name, task):
    columns = (
        Column(name=name, type="float", nullable=False),
        Column(name="age", type="float", nullable=True),
        Column(name="country", type="string", nullable=True),
    )
    return Signature(model="toy", task=task, columns=columns, classes=CLASSES[task])


def closed(signature):
    """The same with the values of its text listed, so that "" is not among what may be asked."""
    *numbers, text = signature.columns
    listed = text.model_copy(update={"categories": ("de", "fr", "jp")})
    return signature.model_copy(update={"columns": (*numbers, listed)})


@pytest.mark.parametrize("name", ODD)
def test_a_column_keeps_its_name_in_the_graph(name):
    assert renamed(name, "regression", Ridge()).runtime == "onnx"


@pytest.mark.parametrize("name", ["label", "probabilities", "variable", "transformed_column"])
def test_a_column_may_be_called_as_the_converter_calls_a_value(name):
    last = HistGradientBoostingClassifier(max_iter=5)
    assert renamed(name, "binary", last).runtime == "onnx"


def test_a_column_called_as_the_answer_is_served_by_skops():
    exported = renamed("score", "regression", Ridge())
    assert exported.runtime == "skops"
    assert "a column is called 'score'" in exported.reason


@pytest.mark.parametrize("encoder", ENCODERS)
def test_missing_and_unknown_text_are_answered_as_scikit_learn_does(encoder):
    features, target = example("binary")
    features.loc[::7, "country"] = None
    rows = as_fitted(features)
    columns = make_column_transformer((ENCODERS[encoder], TEXT), remainder="passthrough")
    pipeline = make_pipeline(columns, HistGradientBoostingClassifier(max_iter=20))
    pipeline.fit(rows, target)
    rows.loc[::5, "country"] = "unknown to it"
    exported = export(pipeline, closed(signature("amount", "binary")), rows, rows, 1e-4)
    assert (exported.runtime, exported.max_error < 1e-5) == ("onnx", True)
    assert np.isnan(pipeline[0].transformers_[0][1].categories_[0][-1])

"""Small true bundles: real pipelines, fitted in milliseconds, with golden rows of their own."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import skops.io
from onnx import TensorProto, helper
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder

from serving.bundle import BundleContents, GoldenRows
from serving.scorer import frame
from serving.signature import Column, Signature

ENVIRONMENT = {"python": "3.11", "scikit-learn": "1.9"}
REFERENCE = {"rows": 60}

TRANSACTIONS = Signature(
    model="fraud",
    task="binary",
    columns=(
        Column(name="amount", type="float", nullable=False),
        Column(name="hour", type="integer", nullable=False),
        Column(name="night", type="boolean", nullable=False),
        Column(name="country", type="string", nullable=True),
    ),
    classes=("honest", "fraud"),
)
FLOWERS = Signature(
    model="iris",
    task="multiclass",
    columns=(Column(name="petal", type="float", nullable=False),),
    classes=("setosa", "versicolor", "virginica"),
)
LINE = Signature(
    model="line",
    task="regression",
    columns=(
        Column(name="a", type="float", nullable=False),
        Column(name="b", type="float", nullable=False),
    ),
)
LINE_BODY = b'{"instances":[{"a":1,"b":2}]}'


def line_contents(bias: float = 0.0) -> BundleContents:
    """An ONNX regression: score = 2a + 3b + bias."""
    return BundleContents(
        runtime="onnx",
        model=line_graph(bias),
        signature=LINE,
        golden=GoldenRows(
            rows=({"a": 1.0, "b": 2.0}, {"a": 0, "b": -1.5}),
            scores=(8.0 + bias, -4.5 + bias),
            tolerance=1e-5,
        ),
        reference=REFERENCE,
        environment=ENVIRONMENT,
    )


def skops_line() -> BundleContents:
    """The same line as a scikit-learn pipeline."""
    rows = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": [1.0, 5.0, 2.0, 0.0]})
    model = LinearRegression().fit(rows, 2 * rows["a"] + 3 * rows["b"])
    return replace(line_contents(), runtime="skops", model=skops.io.dumps(model))


def line_graph(bias: float = 0.0) -> bytes:
    inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [None, 1]) for n in "ab"]
    output = helper.make_tensor_value_info("score", TensorProto.FLOAT, [None, 1])
    constants = {"two": 2.0, "three": 3.0, "bias": bias}
    graph = helper.make_graph(
        [
            helper.make_node("Mul", ["a", "two"], ["a2"]),
            helper.make_node("Mul", ["b", "three"], ["b3"]),
            helper.make_node("Add", ["a2", "b3"], ["sum"]),
            helper.make_node("Add", ["sum", "bias"], ["score"]),
        ],
        "line",
        inputs,
        [output],
        [helper.make_tensor(n, TensorProto.FLOAT, [1], [v]) for n, v in constants.items()],
    )
    opset = helper.make_opsetid("", 17)
    model: bytes = helper.make_model(graph, opset_imports=[opset], ir_version=9).SerializeToString()
    return model


@cache
def fraud_contents() -> BundleContents:
    """A skops pipeline over numbers, booleans and strings, binary."""
    columns = transactions(60)
    rows = TRANSACTIONS.arrays(columns)
    target = (rows["amount"] > 50).astype(int)
    pipeline = make_pipeline(
        make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore"), ["country"]), remainder="passthrough"
        ),
        LogisticRegression(max_iter=2000),
    ).fit(frame(TRANSACTIONS, rows), target)
    return _skops_contents(TRANSACTIONS, pipeline, columns)


@cache
def iris_contents() -> BundleContents:
    """A skops pipeline with three classes."""
    columns = {"petal": np.linspace(0, 7, 60).tolist()}
    rows = FLOWERS.arrays(columns)
    target = np.digitize(rows["petal"], [2, 5])
    pipeline = make_pipeline(LogisticRegression(max_iter=2000)).fit(frame(FLOWERS, rows), target)
    return _skops_contents(FLOWERS, pipeline, columns)


def transactions(rows: int) -> dict[str, list[Any]]:
    draw = np.random.default_rng(7)
    countries = ["de", "fr", "jp", None]
    return {
        "amount": draw.uniform(0, 100, rows).round(2).tolist(),
        "hour": draw.integers(0, 24, rows).tolist(),
        "night": (draw.uniform(size=rows) > 0.5).tolist(),
        "country": [countries[i] for i in draw.integers(0, 4, rows)],
    }


def _skops_contents(
    signature: Signature, pipeline: Pipeline, columns: dict[str, list[Any]]
) -> BundleContents:
    first = {name: values[:5] for name, values in columns.items()}
    answers = pipeline.predict_proba(frame(signature, signature.arrays(first)))
    scores = answers[:, 1] if signature.task == "binary" else answers
    return BundleContents(
        runtime="skops",
        model=skops.io.dumps(pipeline),
        signature=signature,
        golden=GoldenRows(
            rows=tuple(
                dict(zip(first, cells, strict=True)) for cells in zip(*first.values(), strict=True)
            ),
            scores=tuple(scores.tolist()),
            tolerance=1e-9,
        ),
        reference=REFERENCE,
        environment=ENVIRONMENT,
        trusted=tuple(skops.io.get_untrusted_types(data=skops.io.dumps(pipeline))),
    )

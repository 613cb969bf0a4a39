"""Converting a pipeline to an ONNX graph as `serving.scorer` asks for it."""

import warnings
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from platform_assets.errors import ExportError
from serving.signature import Signature

# What ONNX Runtime 1.32 and the tree operators of skl2onnx 1.20 have in common.
_OPSETS = {"": 18, "ai.onnx.ml": 3}
_SCORE = "score"

# Converters refuse with whatever they stumble on: a missing converter is a RuntimeError, an option
# that a step does not know a NameError, the rest comes from numpy, onnx and scikit-learn.
_REFUSALS = (
    RuntimeError, NameError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError,
    ImportError,
)  # fmt: skip


def to_onnx(pipeline: Pipeline, signature: Signature) -> bytes:
    """One input per column of shape (n, 1), float or string; one output `score` of floats.

    Equal pipelines give equal bytes.

    Raises
    ------
    ExportError
        If a step has no ONNX form, with what the converter said.
    """
    try:
        graph = _converted(_with_empty_for_missing(pipeline), signature)
    except _REFUSALS as error:
        said = str(error).strip().splitlines()
        reason = said[0][:200] if said else type(error).__name__
        raise ExportError(f"the pipeline has no ONNX form ({reason})") from error
    _keep_score(graph.graph, signature)
    _name_inputs(graph.graph, signature)
    # skl2onnx 1.20 collects them in a set, whose order changes with the process's hash seed.
    graph.opset_import.sort(key=lambda opset: opset.domain)
    data: bytes = graph.SerializeToString(deterministic=True)
    return data


def _converted(pipeline: Pipeline, signature: Signature) -> Any:
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    inputs = [
        (
            column.name,
            StringTensorType([None, 1]) if column.type == "string" else FloatTensorType([None, 1]),
        )
        for column in signature.columns
    ]
    # Without this, classifiers answer with a list of dictionaries instead of a tensor.
    options = {} if signature.task == "regression" else {id(pipeline): {"zipmap": False}}
    with warnings.catch_warnings():
        # skl2onnx 1.20 hands numpy arrays to onnx where it now asks for lists.
        warnings.simplefilter("ignore", DeprecationWarning)
        return convert_sklearn(
            pipeline,
            name=signature.model,
            initial_types=inputs,
            options=options,
            target_opset=_OPSETS,
        )


def _with_empty_for_missing(pipeline: Pipeline) -> Pipeline:
    """A copy whose encoders know missing text as "", which the scorer sends for it.

    ONNX has no missing string, and what encoders learned about NaN would answer to nothing.
    """
    copied = deepcopy(pipeline)
    for step in _steps(copied):
        for place, known in enumerate(getattr(step, "categories_", ())):
            if known.dtype == object:
                step.categories_[place] = np.where(pd.isna(known), "", known)
    return copied


def _steps(estimator: Any) -> Iterator[Any]:
    """The estimator and all fitted ones inside it."""
    yield estimator
    inner = [*getattr(estimator, "steps", ()), *getattr(estimator, "transformers_", ())]
    for step in inner:
        if isinstance(step[1], BaseEstimator):
            yield from _steps(step[1])


def _keep_score(graph: Any, signature: Signature) -> None:
    """Drop the outputs beside the score (the label, which serving decides itself)."""
    old = graph.output[0].name if signature.task == "regression" else "probabilities"
    outputs = {output.name: output for output in graph.output}
    if old not in outputs:
        raise ExportError(f"the ONNX graph answers {', '.join(outputs)}, but no {old!r}")
    for name, output in outputs.items():
        if name != old:
            graph.output.remove(output)


def _name_inputs(graph: Any, signature: Signature) -> None:
    """Name the inputs as the columns and the output `score`.

    skl2onnx 1.20 knows names of letters, digits and underscores alone.
    """
    if _SCORE in signature.names:
        raise ExportError(f"a column is called {_SCORE!r}, as is what the graph answers")
    if len(graph.input) != len(signature.names):
        raise ExportError(f"the graph takes {len(graph.input)} of {len(signature.names)} columns")
    given = [tensor.name for tensor in graph.input]
    names = {graph.output[0].name: _SCORE, **dict(zip(given, signature.names, strict=True))}
    inner = {name for node in graph.node for name in node.output}
    inner |= {constant.name for constant in graph.initializer}
    names |= {name: f"{name} (inner)" for name in inner & set(names.values()) - set(names)}
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for named in (*graph.input, *graph.output, *graph.initializer):
        named.name = names.get(named.name, named.name)

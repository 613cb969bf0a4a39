"""Converting a pipeline to an ONNX graph as `serving.scorer` asks for it."""

import warnings
from typing import Any

from sklearn.pipeline import Pipeline

from platform_assets.errors import ExportError
from serving.signature import Signature

# What ONNX Runtime 1.32 and the tree operators of skl2onnx 1.20 have in common.
_OPSETS = {"": 18, "ai.onnx.ml": 3}

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
        graph = _converted(pipeline, signature)
    except _REFUSALS as error:
        said = str(error).strip().splitlines()
        reason = said[0][:200] if said else type(error).__name__
        raise ExportError(f"the pipeline has no ONNX form ({reason})") from error
    _keep_score(graph.graph, signature)
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


def _keep_score(graph: Any, signature: Signature) -> None:
    """Rename the score's output and drop the others (the label, which serving decides itself)."""
    old = graph.output[0].name if signature.task == "regression" else "probabilities"
    outputs = {output.name: output for output in graph.output}
    if old not in outputs:
        raise ExportError(f"the ONNX graph answers {', '.join(outputs)}, but no {old!r}")
    for node in graph.node:
        node.input[:] = ["score" if name == old else name for name in node.input]
        node.output[:] = ["score" if name == old else name for name in node.output]
    kept = outputs[old]
    kept.name = "score"
    for name, output in outputs.items():
        if name != old:
            graph.output.remove(output)

"""The caller's side of the Open Inference Protocol: rows become a request, an answer scores.

Written apart from the server's side, so that an endpoint is judged by the protocol and not by the
code that serves it.
"""

import json
import math
import secrets
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from resources.errors import UnusableAnswer
from serving.access.grants import PROBE
from serving.signature import ColumnType, Signature

Document = dict[str, Any]
Row = Mapping[str, Any]

DATATYPE: Mapping[ColumnType, str] = {
    "float": "FP64",
    "integer": "INT64",
    "boolean": "BOOL",
    "string": "BYTES",
}
_MISFIT: Mapping[ColumnType, Any] = {
    "float": "no number",
    "integer": "no number",
    "boolean": "no boolean",
    "string": 1.5,
}


def probe_id() -> str:
    """A new id for a request of Slipway's own."""
    return f"{PROBE}{secrets.token_hex(8)}"


def infer_path(model: str) -> str:
    """Where a model answers, below its route prefix."""
    return f"/v2/models/{model}/infer"


def infer_document(signature: Signature, rows: Sequence[Row]) -> Document:
    """The request for the scores of n ≥ 1 rows: one tensor of shape [n] for each column."""
    return {
        "inputs": [
            _tensor(column.name, DATATYPE[column.type], [row[column.name] for row in rows])
            for column in signature.columns
        ]
    }


def encode(document: Document) -> bytes:
    return json.dumps(document, allow_nan=False, ensure_ascii=False).encode()


def read_scores(signature: Signature, content: bytes, rows: int) -> npt.NDArray[np.float64]:
    """The tensor `score` of an answer: shape (rows,), or (rows, classes) for a multiclass task.

    Raises
    ------
    UnusableAnswer
        For anything else, and for values that are no finite numbers.
    """
    width = [len(signature.classes)] if signature.task == "multiclass" else []
    shape = [rows, *width]
    expected = f"an output 'score' of shape {shape} with finite numbers"
    try:
        outputs = json.loads(content)["outputs"]
        tensor = next(output for output in outputs if output["name"] == "score")
        given, data = tensor["shape"], tensor["data"]
    except (ValueError, KeyError, TypeError, StopIteration, RecursionError):
        raise UnusableAnswer(content.decode(errors="replace"), expected) from None
    if given != shape or not isinstance(data, list) or len(data) != math.prod(shape):
        raise UnusableAnswer(content.decode(errors="replace"), expected)
    if not all(type(value) in (int, float) and abs(value) <= sys.float_info.max for value in data):
        raise UnusableAnswer(content.decode(errors="replace"), expected)
    return np.array(data, dtype=np.float64).reshape(shape)


def bad_bodies(signature: Signature, row: Row) -> dict[str, bytes]:
    """Requests that no endpoint of this signature may answer, each by what is wrong with it."""
    unknown = "unknown"
    while unknown in signature.names:
        unknown += "_"
    tensors = infer_document(signature, [row])["inputs"]
    first = signature.columns[0]
    misfit = _tensor(first.name, DATATYPE[first.type], [_MISFIT[first.type]])
    return {
        "unknown column": encode({"inputs": [*tensors, _tensor(unknown, "FP64", [1.0])]}),
        "missing column": encode({"inputs": tensors[1:]}),
        "wrong type": encode({"inputs": [misfit, *tensors[1:]]}),
        "bad JSON": encode({"inputs": tensors})[:-1],
        "empty": b"",
    }


def _tensor(name: str, datatype: str, data: list[Any]) -> Document:
    return {"name": name, "datatype": datatype, "shape": [len(data)], "data": data}

"""The Open Inference Protocol v2: one tensor per column, of shape [n] or [n, 1].

The binary tensor extension is in `binary_tensors`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from serving.errors import InvalidInput, MalformedBody, TooLarge
from serving.protocols.binary_tensors import BinaryData, pack
from serving.protocols.documents import Document
from serving.quoting import quote, shorten
from serving.signature import Array, Column, ColumnType, Signature

EXTENSIONS = ("binary_tensor_data",)
DATATYPE: Mapping[ColumnType, str] = {
    "float": "FP64",
    "integer": "INT64",
    "boolean": "BOOL",
    "string": "BYTES",
}
_FLOATS = ("FP64", "FP32", "FP16")
_INTEGERS = tuple(f"{sign}INT{bits}" for bits in (64, 32, 16, 8) for sign in ("", "U"))
_ACCEPTED: Mapping[ColumnType, tuple[str, ...]] = {
    "float": _FLOATS + _INTEGERS,
    "integer": _INTEGERS,
    "boolean": ("BOOL",),
    "string": ("BYTES",),
}
# Triton's own extensions ask for another answer, or for data that is not in the request.
_NOT_OFFERED = ("classification", "shared_memory_region")


@dataclass(frozen=True)
class Inference:
    """One `infer` request.

    `outputs` are the tensors asked for, in order, and whether each is wanted as binary data.
    `parameters` are the request's own, which the answer repeats, but for those of an extension.
    """

    columns: Mapping[str, Sequence[Any] | Array]
    outputs: Mapping[str, bool]
    id: str | None
    parameters: Document


def read_infer(
    signature: Signature, document: Document, max_rows: int, binary: BinaryData | None = None
) -> Inference:
    """Read an inference request; `binary` is what stands behind the document.

    Raises
    ------
    RequestError
        For a tensor whose name, type, shape or data does not fit, or with more than `max_rows`
        rows.
    """
    tensors = document.get("inputs")
    if not isinstance(tensors, list) or not tensors:
        raise MalformedBody("inputs", quote(tensors), "a list with one tensor per column")
    columns: dict[str, Sequence[Any] | Array] = {}
    for index, tensor in enumerate(tensors):
        name, data = _read_tensor(signature, tensor, f"inputs[{index}]", max_rows, binary)
        if name in columns:
            raise InvalidInput(name, None, "two tensors of this name", "one")
        columns[name] = data
    if binary is not None:
        binary.check_empty()
    identity = document.get("id")
    if not isinstance(identity, str | None):
        raise MalformedBody("id", quote(identity), "a string")
    parameters = _read_parameters(document, "") if "parameters" in document else {}
    as_binary = _flag(parameters.pop("binary_data_output", None), "parameters.binary_data_output")
    outputs = _read_outputs(signature, document.get("outputs"), as_binary)
    return Inference(columns, outputs, identity, parameters)


def write_infer(
    signature: Signature, version: str, request: Inference, identity: str, scores: Array
) -> tuple[bytes, bytes]:
    """Write the tensors that `request` asks for; `scores` as `Scorer.score` gives them.

    Returns
    -------
    The JSON document, and the binary data behind it, empty where none is wanted.
    """
    outputs, blobs = [], []
    for name, binary in request.outputs.items():
        values = scores if name == "score" else signature.labels(scores)
        if binary:
            blobs.append(pack(values))
        outputs.append(_write_output(name, values, blobs[-1] if binary else None))
    document: Document = {
        "model_name": signature.model,
        "model_version": version,
        "id": identity,
        "outputs": outputs,
    }
    if request.parameters:
        document["parameters"] = request.parameters
    return orjson.dumps(document), b"".join(blobs)


def model_metadata(signature: Signature, version: str, runtime: str) -> Document:
    """Describe the model's tensors; -1 is any number."""
    width = [len(signature.classes)] if signature.task == "multiclass" else []
    outputs = [{"name": "score", "datatype": "FP64", "shape": [-1, *width]}]
    if "label" in output_names(signature):
        outputs.append({"name": "label", "datatype": "BYTES", "shape": [-1]})
    return {
        "name": signature.model,
        "versions": [version],
        "platform": f"slipway_{runtime}",
        "inputs": [
            {"name": column.name, "datatype": DATATYPE[column.type], "shape": [-1]}
            for column in signature.columns
        ],
        "outputs": outputs,
    }


def output_names(signature: Signature) -> tuple[str, ...]:
    return ("score",) if signature.task == "regression" else ("score", "label")


def accepted(column: Column) -> tuple[str, ...]:
    """The datatypes that a column may be sent in."""
    if column.type == "integer" and column.nullable:
        # Binary integers cannot be missing; NaN can.
        return _INTEGERS + _FLOATS
    return (*_ACCEPTED[column.type], *(("BYTES",) if column.dates else ()))


def infer_request(signature: Signature, columns: Mapping[str, Sequence[Any]]) -> Document:
    """Write the request that asks for these columns."""
    return {
        "inputs": [
            _tensor(column.name, DATATYPE[column.type], (len(columns[column.name]),), values)
            for column in signature.columns
            for values in [list(columns[column.name])]
        ]
    }


def _tensor(name: str, datatype: str, shape: Sequence[int], data: list[Any]) -> Document:
    return {"name": name, "datatype": datatype, "shape": list(shape), "data": data}


def _write_output(name: str, values: Array | list[str], blob: bytes | None) -> Document:
    shape = list(values.shape) if isinstance(values, np.ndarray) else [len(values)]
    tensor = {"name": name, "datatype": "FP64" if name == "score" else "BYTES", "shape": shape}
    if blob is not None:
        return {**tensor, "parameters": {"binary_data_size": len(blob)}}
    return {**tensor, "data": values.ravel().tolist() if isinstance(values, np.ndarray) else values}


def _read_tensor(
    signature: Signature, tensor: Any, where: str, max_rows: int, binary: BinaryData | None
) -> tuple[str, Sequence[Any] | Array]:
    if not isinstance(tensor, dict):
        raise MalformedBody(where, quote(tensor), "a tensor: name, datatype, shape and data")
    name, datatype = tensor.get("name"), tensor.get("datatype")
    if not isinstance(name, str):
        raise MalformedBody(f"{where}.name", quote(name), "the name of a column")
    column = signature.by_name.get(name)
    if column is None:
        raise signature.unknown(name)
    if datatype != DATATYPE[column.type] and datatype not in accepted(column):
        expected = " or ".join(accepted(column))
        raise InvalidInput(name, None, f"datatype {quote(datatype)}", f"datatype {expected}")
    rows = _read_shape(name, tensor.get("shape"), max_rows)
    parameters = _read_parameters(tensor, f"{where}.") if "parameters" in tensor else {}
    if "binary_data_size" not in parameters:
        return name, _read_data(name, tensor.get("data"), rows, nested=len(tensor["shape"]) == 2)
    if binary is None or "data" in tensor:
        got = "data beside it" if "data" in tensor else "no header Inference-Header-Content-Length"
        expected = "the tensor's data behind the JSON, and that header"
        raise InvalidInput(name, None, f"binary_data_size and {got}", expected)
    return name, binary.take(name, datatype, rows, parameters["binary_data_size"])


def _read_shape(name: str, shape: Any, max_rows: int) -> int:
    fits = (
        isinstance(shape, list)
        and len(shape) in (1, 2)
        and all(type(size) is int for size in shape)
        and shape[0] >= 0
        and shape[1:] in ([], [1])
    )
    if not fits:
        raise InvalidInput(name, None, f"shape {shorten(str(shape))}", "shape [n] or [n, 1]")
    rows: int = shape[0]
    if rows > max_rows:
        raise TooLarge("rows", max_rows, "SLIPWAY_MAX_ROWS")
    return rows


def _read_data(name: str, data: Any, rows: int, *, nested: bool) -> list[Any]:
    if not isinstance(data, list):
        raise InvalidInput(name, None, f"data {quote(data)}", "a list with one value per row")
    if len(data) != rows:
        raise InvalidInput(name, None, f"{len(data)} values", f"{rows}, as its shape says")
    if nested and all(isinstance(cell, list) and len(cell) == 1 for cell in data):
        return [cell[0] for cell in data]
    return data


def _read_parameters(owner: Document, where: str) -> Document:
    parameters = owner.get("parameters")
    if parameters is None:
        return {}
    if not isinstance(parameters, dict):
        raise MalformedBody(f"{where}parameters", quote(parameters), "an object")
    for name, value in parameters.items():
        if not isinstance(value, str | int | float):
            where = f"{where}parameters.{shorten(name)}"
            raise MalformedBody(where, quote(value), "a string, a number, true or false")
        if name in _NOT_OFFERED:
            expected = f"no extension but {', '.join(EXTENSIONS)}"
            raise MalformedBody(f"{where}parameters", quote(name), expected)
    return parameters


def _flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool | None):
        raise MalformedBody(where, quote(value), "true or false")
    return bool(value)


def _read_outputs(signature: Signature, wanted: Any, as_binary: bool) -> Mapping[str, bool]:
    names = output_names(signature)
    if wanted is None or wanted == []:
        return dict.fromkeys(names, as_binary)
    expected = f"a list of {{'name': one of {', '.join(names)}}}"
    if not isinstance(wanted, list):
        raise MalformedBody("outputs", quote(wanted), expected)
    outputs: dict[str, bool] = {}
    for index, output in enumerate(wanted):
        where = f"outputs[{index}]"
        if not isinstance(output, dict) or output.get("name") not in names:
            got = output.get("name") if isinstance(output, dict) else output
            raise MalformedBody(where, quote(got), expected)
        parameters = _read_parameters(output, f"{where}.")
        binary = parameters.get("binary_data", as_binary)
        outputs.setdefault(output["name"], _flag(binary, f"{where}.parameters.binary_data"))
    return outputs

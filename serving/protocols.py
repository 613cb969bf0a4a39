"""Two protocols, both other people's: documents in, columns out; scores in, documents out.

The Open Inference Protocol v2 (`infer` and its metadata) sends one tensor per column, of shape
[n] or [n, 1]. MLflow's `/invocations` sends frames: dataframe_split, dataframe_records, inputs
or instances. Nothing here knows about HTTP.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from serving.errors import InvalidInput, MalformedBody, TooLarge
from serving.signature import Array, Column, ColumnType, Signature, quote, shorten

Document = dict[str, Any]

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
FRAMES = ("dataframe_split", "dataframe_records", "inputs", "instances")


@dataclass(frozen=True)
class Inference:
    """One `infer` request: columns still to be checked by the signature, and what is asked for."""

    columns: Mapping[str, list[Any]]
    outputs: tuple[str, ...]
    id: str | None


def parse_json(body: bytes) -> Document:
    """Read a JSON object.

    Raises
    ------
    MalformedBody
        Also for NaN, Infinity and nesting beyond 1,024 levels, none of which is taken.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedBody("body", f"bad JSON ({error})", "a JSON object") from error
    if not isinstance(document, dict):
        raise MalformedBody("body", quote(document), "a JSON object")
    return document


def read_infer(signature: Signature, document: Document, max_rows: int) -> Inference:
    """Read an inference request of the Open Inference Protocol.

    Raises
    ------
    RequestError
        For a tensor whose name, type or shape does not fit, or with more than `max_rows` rows.
    """
    tensors = document.get("inputs")
    if not isinstance(tensors, list) or not tensors:
        raise MalformedBody("inputs", quote(tensors), "a list with one tensor per column")
    columns: dict[str, list[Any]] = {}
    for index, tensor in enumerate(tensors):
        name, data = _read_tensor(signature, tensor, f"inputs[{index}]", max_rows)
        if name in columns:
            raise InvalidInput(name, None, "two tensors of this name", "one")
        columns[name] = data
    identity = document.get("id")
    if not isinstance(identity, str | None):
        raise MalformedBody("id", quote(identity), "a string")
    return Inference(columns, _read_outputs(signature, document.get("outputs")), identity)


def write_infer(
    signature: Signature, version: str, outputs: Sequence[str], identity: str, scores: Array
) -> Document:
    """Write the tensors named in `outputs`; `scores` as `Scorer.score` gives them."""
    tensors = {
        "score": lambda: _tensor("score", "FP64", scores.shape, scores.ravel().tolist()),
        "label": lambda: _tensor("label", "BYTES", scores.shape[:1], signature.labels(scores)),
    }
    return {
        "model_name": signature.model,
        "model_version": version,
        "id": identity,
        "outputs": [tensors[name]() for name in outputs],
    }


def read_invocation(
    signature: Signature, document: Document, max_rows: int
) -> Mapping[str, Sequence[Any]]:
    """Read a frame in one of MLflow's four JSON forms, as columns still to be checked.

    Raises
    ------
    RequestError
        For a form that is none of the four, or with more than `max_rows` rows.
    """
    given = [key for key in document if key != "params" or document[key]]
    if len(given) != 1 or given[0] not in FRAMES:
        got = shorten(", ".join(map(repr, given))) or "no key"
        raise MalformedBody("body", got, f"exactly one of {', '.join(FRAMES)}")
    form, frame = given[0], document[given[0]]
    if form == "dataframe_split":
        return _read_split(signature, frame, max_rows)
    if form == "inputs" and isinstance(frame, dict):
        return _read_columns(frame, max_rows)
    return _read_records(signature, form, frame, max_rows)


def write_predictions(signature: Signature, scores: Array) -> Document:
    """Write the answer of `/invocations`: one prediction per row."""
    values = scores.tolist()
    if signature.task == "regression":
        return {"predictions": values}
    labels = signature.labels(scores)
    return {
        "predictions": [
            {"label": label, "score": score} for label, score in zip(labels, values, strict=True)
        ]
    }


def model_metadata(signature: Signature, version: str, runtime: str) -> Document:
    """Describe the model's tensors as the Open Inference Protocol does; -1 is any number."""
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


def _read_tensor(
    signature: Signature, tensor: Any, where: str, max_rows: int
) -> tuple[str, list[Any]]:
    if not isinstance(tensor, dict):
        raise MalformedBody(where, quote(tensor), "a tensor: name, datatype, shape and data")
    name, datatype = tensor.get("name"), tensor.get("datatype")
    if not isinstance(name, str):
        raise MalformedBody(f"{where}.name", quote(name), "the name of a column")
    column = signature.by_name.get(name)
    accepted = _accepted(column) if column is not None else ()
    if column is not None and datatype not in accepted:
        expected = " or ".join(accepted)
        raise InvalidInput(name, None, f"datatype {quote(datatype)}", f"datatype {expected}")
    rows = _read_shape(name, tensor.get("shape"), max_rows)
    return name, _read_data(name, tensor.get("data"), rows, nested=len(tensor["shape"]) == 2)


def _accepted(column: Column) -> tuple[str, ...]:
    return (*_ACCEPTED[column.type], *(("BYTES",) if column.dates else ()))


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


def _read_outputs(signature: Signature, wanted: Any) -> tuple[str, ...]:
    names = output_names(signature)
    if wanted is None or wanted == []:
        return names
    expected = f"a list of {{'name': one of {', '.join(names)}}}"
    if not isinstance(wanted, list):
        raise MalformedBody("outputs", quote(wanted), expected)
    for index, output in enumerate(wanted):
        if not isinstance(output, dict) or output.get("name") not in names:
            got = output.get("name") if isinstance(output, dict) else output
            raise MalformedBody(f"outputs[{index}]", quote(got), expected)
    return tuple(dict.fromkeys(output["name"] for output in wanted))


def _read_split(signature: Signature, frame: Any, max_rows: int) -> dict[str, list[Any]]:
    expected = "an object with columns (names) and data (one list per row)"
    if not isinstance(frame, dict) or not frame.keys() <= {"columns", "data", "index"}:
        raise MalformedBody("dataframe_split", _keys(frame), expected)
    names, data = frame.get("columns"), frame.get("data")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise MalformedBody("dataframe_split.columns", quote(names), "a list of names")
    if len(set(names)) < len(names):
        raise MalformedBody("dataframe_split.columns", "a name twice", "each name once")
    rows = _rows("dataframe_split.data", data, max_rows)
    for row, cells in enumerate(rows):
        if not isinstance(cells, list) or len(cells) != len(names):
            raise InvalidInput(None, row, quote(cells), f"a list of {len(names)}, as columns has")
    if not rows:
        return signature.columns_of([])
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def _read_columns(frame: Document, max_rows: int) -> Document:
    for values in frame.values():
        if isinstance(values, list) and len(values) > max_rows:
            raise TooLarge("rows", max_rows, "SLIPWAY_MAX_ROWS")
    return frame


def _read_records(
    signature: Signature, form: str, frame: Any, max_rows: int
) -> dict[str, list[Any]]:
    rows = _rows(form, frame, max_rows)
    for row, record in enumerate(rows):
        if not isinstance(record, dict):
            raise InvalidInput(None, row, quote(record), "an object with one value per column")
    return signature.columns_of(rows)


def _rows(where: str, frame: Any, max_rows: int) -> list[Any]:
    if not isinstance(frame, list):
        raise MalformedBody(where, quote(frame), "a list with one entry per row")
    if len(frame) > max_rows:
        raise TooLarge("rows", max_rows, "SLIPWAY_MAX_ROWS")
    return frame


def _keys(frame: Any) -> str:
    return shorten(f"the keys {', '.join(frame)}") if isinstance(frame, dict) else quote(frame)

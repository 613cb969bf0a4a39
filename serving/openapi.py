"""The OpenAPI document of a live model: its own columns, its golden rows as examples."""

from typing import Any

import numpy as np
import orjson

from serving.protocols.documents import Document
from serving.protocols.frames import FRAMES, write_predictions
from serving.protocols.open_inference import (
    DATATYPE,
    Inference,
    infer_request,
    output_names,
    write_infer,
)
from serving.rollout import Live
from serving.signature import Array, Column, Signature

_JSON_TYPE = {"float": "number", "integer": "integer", "boolean": "boolean", "string": "string"}
_SHOWN_ROWS = 2


def openapi(live: Live, prefix: str) -> Document:
    """Describe every path under `prefix`, as OpenAPI 3.1."""
    model = live.bundle.signature.model
    description = f"Bundle {live.digest}. Every answer names it in the header x-bundle-digest."
    return {
        "openapi": "3.1.0",
        "info": {"title": model, "version": live.version, "description": description},
        "servers": [{"url": prefix or "/"}],
        "paths": {
            "/v2": _get("The server's name and version"),
            "/v2/health/live": _get("Whether the server runs"),
            "/v2/health/ready": _get("Which bundle answers, and which one was refused", "503"),
            f"/v2/models/{model}": _get("Names, types and shapes of the tensors", "503"),
            f"/v2/models/{model}/ready": _get("Whether the model answers", "503"),
            f"/v2/models/{model}/infer": _infer(live),
            "/invocations": _invocations(live),
        },
        "components": {"schemas": _schemas(live.bundle.signature)},
    }


def _infer(live: Live) -> Document:
    signature, rows, scores = _golden(live)
    request = Inference({}, dict.fromkeys(output_names(signature), False), None, {})
    answer, _ = write_infer(signature, live.version, request, "golden", scores)
    return _post(
        "Score rows (Open Inference Protocol v2)",
        _json("InferRequest", golden=infer_request(signature, signature.columns_of(rows))),
        _json("InferAnswer", golden=orjson.loads(answer)),
    )


def _invocations(live: Live) -> Document:
    signature, rows, scores = _golden(live)
    columns = signature.columns_of(rows)
    data = [list(row.values()) for row in rows]
    frames: dict[str, Any] = {
        "dataframe_split": {"columns": list(rows[0]), "data": data},
        "dataframe_records": rows,
        "inputs": columns,
        "instances": rows,
    }
    return _post(
        "Score rows (MLflow)",
        _json("Frame", **{form: {form: frames[form]} for form in FRAMES}),
        _json("Predictions", golden=write_predictions(signature, scores)),
    )


def _golden(live: Live) -> tuple[Signature, list[Document], Array]:
    golden = live.bundle.golden
    rows = [dict(row) for row in golden.rows[:_SHOWN_ROWS]]
    return live.bundle.signature, rows, np.array(golden.scores[:_SHOWN_ROWS], dtype=np.float64)


def _get(summary: str, *failures: str) -> Document:
    return {"get": {"summary": summary, "responses": _responses({}, *failures)}}


def _post(summary: str, body: Document, answer: Document) -> Document:
    request = {"required": True, "content": body}
    responses = _responses(answer, "400", "413", "415", "503")
    return {"post": {"summary": summary, "requestBody": request, "responses": responses}}


def _responses(content: Document, *failures: str) -> Document:
    answer = content or {"application/json": {"schema": {"type": "object"}}}
    return {
        "200": {"description": "The answer", "content": answer},
        **{status: {"description": "The reason", "content": _json("Error")} for status in failures},
    }


def _json(schema: str, **examples: Any) -> Document:
    media: Document = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
    if examples:
        media["examples"] = {name: {"value": value} for name, value in examples.items()}
    return {"application/json": media}


def _schemas(signature: Signature) -> Document:
    row = _object({column.name: _cell(column) for column in signature.columns})
    columns = {
        column.name: {"type": "array", "items": _cell(column)} for column in signature.columns
    }
    split = {
        "columns": {"type": "array", "items": {"enum": list(signature.names)}},
        "data": {"type": "array", "items": {"type": "array"}},
    }
    rows = {"type": "array", "items": {"$ref": "#/components/schemas/Row"}, "minItems": 1}
    forms = (_object(split), rows, {"oneOf": [_object(columns), rows]}, rows)
    return {
        "Row": row,
        "Frame": {
            "oneOf": [_object({name: form}) for name, form in zip(FRAMES, forms, strict=True)]
        },
        "InferRequest": {
            **_object({"inputs": {"type": "array", "items": {"oneOf": _tensors(signature)}}}),
            "additionalProperties": True,
        },
        "InferAnswer": _record("model_name", "model_version", "outputs"),
        "Predictions": _record("predictions"),
        "Error": {**_record("error"), "properties": {"error": {"type": "string"}}},
    }


def _tensors(signature: Signature) -> list[Document]:
    return [
        {
            "type": "object",
            "required": ["name", "datatype", "shape", "data"],
            "properties": {
                "name": {"const": column.name},
                "datatype": {"type": "string", "default": DATATYPE[column.type]},
                "shape": {"type": "array", "items": {"type": "integer"}},
                "data": {"type": "array", "items": _cell(column)},
            },
        }
        for column in signature.columns
    ]


def _cell(column: Column) -> Document:
    kind = _JSON_TYPE[column.type]
    null = ["null"] if column.nullable else []
    kinds = [kind, *(["string"] if column.dates else []), *null]
    cell: Document = {"type": kinds if len(kinds) > 1 else kind}
    if column.dates:
        cell["description"] = column.expected
    if column.categories is not None:
        cell["enum"] = [*column.categories, *([None] if null else [])]
    return cell


def _object(properties: Document) -> Document:
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }


def _record(*names: str) -> Document:
    return {"type": "object", "required": list(names)}

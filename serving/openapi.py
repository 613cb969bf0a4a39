"""The OpenAPI document of a live model: its own columns, its golden rows as examples."""

import csv
import io
from typing import Any

import numpy as np
import orjson

from serving.bodies import ARROW, BINARY, CSV, HTML, JSON, TEXT
from serving.exposition import MEDIA as METRICS
from serving.live import Live
from serving.protocols.documents import Document
from serving.protocols.frames import FRAMES, write_predictions
from serving.protocols.open_inference import (
    DATATYPE,
    Inference,
    infer_request,
    output_names,
    write_infer,
)
from serving.signature import Array, Column, Signature

_JSON_TYPE = {"float": "number", "integer": "integer", "boolean": "boolean", "string": "string"}
_SHOWN_ROWS = 2
_STRING = {"type": "string"}
_REFUSED = ("401", "403", "429")
_HEADERS = {
    name: {"schema": _STRING} for name in ("x-model-version", "x-bundle-digest", "x-request-id")
}
_HEADER = {
    "name": "Inference-Header-Content-Length",
    "in": "header",
    "description": "Bytes of the JSON document, if binary tensors stand behind it",
    "schema": {"type": "integer", "minimum": 0},
}


def openapi(live: Live, prefix: str) -> Document:
    """Describe every path under `prefix`, as OpenAPI 3.1."""
    model = live.bundle.signature.model
    description = f"Bundle {live.digest}. Every answer names it in the header x-bundle-digest."
    return {
        "openapi": "3.1.0",
        "info": {"title": model, "version": live.version, "description": description},
        "servers": [{"url": prefix or "/"}],
        "security": [{"bearer": []}],
        "paths": _paths(live, f"/v2/models/{model}"),
        "components": {
            "schemas": _schemas(live.bundle.signature),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _paths(live: Live, model: str) -> Document:
    paths = {
        "/v2": _get("The server's name, version and extensions"),
        "/v2/health/live": _open(_get("Whether the server runs")),
        "/v2/health/ready": _open(_get("Which bundle answers, and which one was refused", "503")),
        "/invocations": _invocations(live),
        "/metrics": _get("What this replica counts, for Prometheus", media=METRICS),
        "/openapi.json": _get("This document", "503"),
        "/docs": _open(_get("A page to try it on", media=HTML)),
        "/ping": _open(_get("Whether the model answers, as MLflow asks", media=JSON)),
        "/health": _open(_get("The same", media=JSON)),
        "/version": _get("The server's version", media=TEXT),
    }
    for prefix in (model, f"{model}/versions/{live.version}"):
        paths[prefix] = _get("Names, types and shapes of the tensors", "503")
        paths[f"{prefix}/ready"] = _open(_get("Whether the model answers", "503"))
        paths[f"{prefix}/infer"] = _infer(live)
    return paths


def _infer(live: Live) -> Document:
    signature, rows, scores = _golden(live)
    request = Inference({}, dict.fromkeys(output_names(signature), False), None, {})
    answer, _ = write_infer(signature, live.version, request, "golden", scores)
    golden = infer_request(signature, signature.columns_of(rows))
    operation = _post(
        "Score rows (Open Inference Protocol v2)",
        {**_json("InferRequest", golden=golden), **_bytes(BINARY)},
        {**_json("InferAnswer", golden=orjson.loads(answer)), **_bytes(BINARY)},
    )
    operation["post"]["parameters"] = [_HEADER]
    return operation


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
        {
            **_json("Frame", **{form: {form: frames[form]} for form in FRAMES}),
            CSV: {"schema": {"type": "string"}, "examples": {"golden": {"value": _csv(rows)}}},
            **_bytes(ARROW),
        },
        {**_json("Predictions", golden=write_predictions(signature, scores)), **_bytes(ARROW)},
    )


def _golden(live: Live) -> tuple[Signature, list[Document], Array]:
    golden = live.bundle.golden
    rows = [dict(row) for row in golden.rows[:_SHOWN_ROWS]]
    return live.bundle.signature, rows, np.array(golden.scores[:_SHOWN_ROWS], dtype=np.float64)


def _csv(rows: list[Document]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([rows[0].keys(), *(map(_csv_cell, row.values()) for row in rows)])
    return text.getvalue()


def _csv_cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _get(summary: str, *failures: str, media: str = "") -> Document:
    content: Document = {"schema": {"type": "string" if media else "object"}}
    answer = {media.partition(";")[0] or JSON: content if media != JSON else {}}
    responses = _responses(answer, *_REFUSED, *failures)
    return {"get": {"summary": summary, "responses": responses}}


def _open(item: Document) -> Document:
    """The same for whoever shows no token."""
    responses = item["get"]["responses"]
    kept = {status: one for status, one in responses.items() if status not in _REFUSED}
    return {"get": {**item["get"], "responses": kept, "security": []}}


def _post(summary: str, body: Document, answer: Document) -> Document:
    request = {"required": True, "content": body}
    responses = _responses(answer, "400", *_REFUSED, "408", "413", "415", "500", "503")
    return {"post": {"summary": summary, "requestBody": request, "responses": responses}}


def _responses(answer: Document, *failures: str) -> Document:
    return {
        "200": {"description": "The answer", "content": answer, "headers": _HEADERS},
        **{status: {"description": "The reason", "content": _json("Error")} for status in failures},
    }


def _bytes(media: str) -> Document:
    return {media: {"schema": {"type": "string", "format": "binary"}}}


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
        "Frame": {"oneOf": [_frame(name, form) for name, form in zip(FRAMES, forms, strict=True)]},
        "InferRequest": {
            **_object({"inputs": {"type": "array", "items": {"oneOf": _tensors(signature)}}}),
            "additionalProperties": True,
        },
        "InferAnswer": _record("model_name", "model_version", "outputs"),
        "Predictions": _record("predictions"),
        "Error": {
            **_record("error"),
            "properties": {
                **{name: {"type": "string"} for name in ("error", "got", "expected")},
                "column": {"type": ["string", "null"]},
                "row": {"type": ["integer", "null"]},
                "error_code": {"type": "string"},
                "message": {"type": "string"},
            },
        },
    }


def _frame(name: str, form: Any) -> Document:
    frame = _object({name: form})
    frame["properties"]["params"] = {"description": "Passed over"}
    return frame


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

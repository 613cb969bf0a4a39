"""MLflow's `/invocations`: frames in its four JSON forms, and predictions out."""

from collections.abc import Mapping, Sequence
from typing import Any

from serving.errors import InvalidInput, MalformedBody, TooLarge
from serving.protocols.documents import Document
from serving.quoting import quote, shorten
from serving.signature import Array, Signature

# MLflow's own codes, by the status that its server gives them.
_ERROR_CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "ENDPOINT_NOT_FOUND",
    429: "REQUEST_LIMIT_EXCEEDED",
    500: "INTERNAL_ERROR",
    503: "TEMPORARILY_UNAVAILABLE",
}
FRAMES = ("dataframe_split", "dataframe_records", "inputs", "instances")


def read_invocation(
    signature: Signature, document: Document, max_rows: int
) -> Mapping[str, Sequence[Any]]:
    """Read a frame in one of the four forms.

    `params` beside it are passed over, as MLflow does for a model that has none.

    Raises
    ------
    RequestError
        For a form that is none of the four, or with more than `max_rows` rows.
    """
    given = [key for key in document if key != "params"]
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
    """Write one prediction per row."""
    values = scores.tolist()
    if signature.task == "regression":
        return {"predictions": values}
    labels = signature.labels(scores)
    return {
        "predictions": [
            {"label": label, "score": score} for label, score in zip(labels, values, strict=True)
        ]
    }


def error_code(status: int) -> str:
    """What MLflow's clients read beside `message` in the body of a refusal."""
    return _ERROR_CODES.get(status, "BAD_REQUEST")


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

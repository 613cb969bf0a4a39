"""JSON objects, as both protocols send them."""

from typing import Any

import orjson

from serving.errors import MalformedBody
from serving.quoting import quote

Document = dict[str, Any]


def parse_json(body: bytes | memoryview) -> Document:
    """Read a JSON object.

    Raises
    ------
    MalformedBody
        Also for NaN, Infinity and nesting beyond 1,024 levels, none of which is taken.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        expected = "a JSON object (a missing value is null)"
        raise MalformedBody("body", f"bad JSON ({error})", expected) from error
    if not isinstance(document, dict):
        raise MalformedBody("body", quote(document), "a JSON object")
    return document

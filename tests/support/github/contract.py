"""Is an exchange valid by GitHub's own OpenAPI description?"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from jsonschema.protocols import Validator
from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator, oas30_format_checker

from tests.support.github.fake import Exchange

_WORDS = {"integer": r"\d+"}


@dataclass(frozen=True)
class Operation:
    """One operation of the description."""

    method: str
    path: re.Pattern[str]
    described: Mapping[str, Any]


@dataclass(frozen=True)
class Contract:
    """GitHub's description; `x-multi-segment` parts of a path may hold slashes."""

    file: Path
    _validators: dict[str, Validator] = field(default_factory=dict)

    @cached_property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.file.read_text())
        return document

    @cached_property
    def operations(self) -> list[Operation]:
        return [
            Operation(method.upper(), self._pattern(path, described), described)
            for path, methods in self.document["paths"].items()
            for method, described in methods.items()
            if method in ("get", "post", "put", "patch", "delete")
        ]

    def problems(self, exchange: Exchange) -> Iterator[str]:
        """What the description says against a request and, unless it was scripted, its answer."""
        where = f"{exchange.method} {exchange.path}"
        found = self._operation(exchange.method, exchange.path)
        if found is None:
            yield f"{where}: no such operation"
            return
        for problem in (*self._request(found, exchange), *self._answer(found, exchange)):
            yield f"{where}: {problem}"

    def _operation(self, method: str, path: str) -> Operation | None:
        fitting = (one for one in self.operations if one.path.fullmatch(path))
        return next((one for one in fitting if one.method == method), None)

    def _pattern(self, path: str, described: Mapping[str, Any]) -> re.Pattern[str]:
        pattern = re.escape(path).replace(r"\{", "{").replace(r"\}", "}")
        for parameter in self._parameters(described):
            if parameter["in"] == "path":
                plain = r".+" if parameter.get("x-multi-segment") else r"[^/]+"
                part = _WORDS.get(parameter["schema"].get("type", ""), plain)
                pattern = pattern.replace("{" + parameter["name"] + "}", part)
        return re.compile(pattern)

    def _parameters(self, described: Mapping[str, Any]) -> list[Any]:
        return [self._resolve(one) for one in described.get("parameters", ())]

    def _resolve(self, part: Any) -> Any:
        if "$ref" not in part:
            return part
        found = self.document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return found

    def _request(self, found: Operation, exchange: Exchange) -> Iterator[str]:
        if exchange.headers.get("x-github-api-version") != "2022-11-28":
            yield "no header X-GitHub-Api-Version: 2022-11-28"
        yield from self._query(found, exchange.query)
        body = found.described.get("requestBody")
        if body is None:
            if exchange.body is not None:
                yield "a body that is not described"
        elif exchange.body is not None or body.get("required"):
            schema = body["content"]["application/json"]["schema"]
            yield from self._errors(schema, exchange.body, OAS30WriteValidator, "request")

    def _query(self, found: Operation, query: Mapping[str, str]) -> Iterator[str]:
        known = {one["name"]: one for one in self._parameters(found.described)}
        for name, text in query.items():
            if known.get(name, {}).get("in") != "query":
                yield f"query parameter {name!r} is not described"
                continue
            schema = known[name]["schema"]
            value = int(text) if schema.get("type") == "integer" and text.isdigit() else text
            yield from self._errors(schema, value, OAS30WriteValidator, name)

    def _answer(self, found: Operation, exchange: Exchange) -> Iterator[str]:
        if exchange.scripted or exchange.status in (401, 403):
            return
        responses = found.described["responses"]
        if str(exchange.status) not in responses:
            yield f"status {exchange.status} is not described"
            return
        content = self._resolve(responses[str(exchange.status)]).get("content", {})
        if content:
            schema = content["application/json"]["schema"]
            yield from self._errors(schema, exchange.answer, OAS30ReadValidator, "answer")
        elif exchange.answer is not None:
            yield "an answer that is not described"

    def _errors(self, schema: Any, value: Any, kind: Any, what: str) -> Iterator[str]:
        key = f"{kind.__name__} {json.dumps(schema, sort_keys=True)}"
        if key not in self._validators:
            rooted = {**schema, "components": self.document["components"]}
            self._validators[key] = kind(rooted, format_checker=oas30_format_checker)
        for error in self._validators[key].iter_errors(value):
            yield f"{what}: {error.json_path}: {error.message[:300]}"

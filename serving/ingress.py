"""The door: HTTP as raw ASGI, from a path to a handler and from an error to a status.

Frameworks cost a large part of a one-row answer, so this module speaks ASGI itself. Bad input is
answered with 4xx and `{"error": …}`; column, row, got and expected stand beside it where they
are known.
"""

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from typing import Any, NamedTuple

import orjson

from serving import bodies
from serving.docs_page import PAGE, PAGE_HEADERS
from serving.errors import (
    MalformedBody,
    MethodNotAllowed,
    NotFound,
    NotReady,
    RequestError,
    TooLarge,
)
from serving.openapi import openapi
from serving.prediction_log import Entry, PredictionLog, Scored
from serving.protocols import binary_tensors
from serving.protocols.arrow_streams import read_arrow, write_arrow
from serving.protocols.csv_frames import read_csv
from serving.protocols.documents import parse_json
from serving.protocols.frames import error_code, read_invocation, write_predictions
from serving.protocols.open_inference import EXTENSIONS, model_metadata, read_infer, write_infer
from serving.rollout import Live, Rollout
from serving.settings import ServingSettings
from serving.signature import Array, Signature, quote

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = tuple[tuple[bytes, bytes], ...]

logger = logging.getLogger(__name__)

_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")
# Larger bodies, and pipelines on pandas, take long enough to hold up every other connection.
_INLINE_BYTES = 16 * 1024
_LONGEST_LENGTH = 18


class Answer(NamedTuple):
    status: int
    body: bytes
    headers: Headers = ()
    media: str = bodies.JSON
    scored: Scored | None = None


class Asked(NamedTuple):
    """One request for scores; `media` is one of those that its path serves."""

    headers: Mapping[bytes, bytes]
    media: str
    body: bytes
    id: str

    def header(self, name: str) -> str | None:
        value = self.headers.get(name.encode())
        return None if value is None else value.decode("latin-1")

    def wants(self, media: str) -> bool:
        """Whether the answer is to be `media`: accepted by name, or that of the request."""
        accepted = bodies.accepts(self.headers.get(b"accept"), media)
        return self.media == media if accepted is None else accepted


Handler = Callable[[Live, Asked], Answer]


class _Disconnected(Exception):
    """The caller left before the body was complete."""


class Ingress:
    """One model behind one route prefix.

    `names_requests` is false where the server around adds the header x-request-id itself. Requests
    for predictions are added to `log`, which is closed at the end of the lifespan.
    """

    def __init__(
        self,
        rollout: Rollout,
        settings: ServingSettings,
        log: PredictionLog | None = None,
        *,
        names_requests: bool = True,
    ) -> None:
        self._rollout = rollout
        self._settings = settings
        self._log = log
        self._names_requests = names_requests
        model = f"/v2/models/{rollout.model}"
        self._get: Mapping[str, Callable[[Scope], Answer]] = {
            "/v2": lambda _: _json(200, _server()),
            "/v2/health/live": lambda _: _json(200, {"live": True}),
            "/v2/health/ready": lambda _: self._ready(),
            model: lambda _: self._metadata(),
            f"{model}/ready": lambda _: self._model_ready(),
            "/openapi.json": self._openapi,
            "/docs": lambda _: Answer(200, PAGE, PAGE_HEADERS, bodies.HTML),
            "/ping": lambda _: self._ping(),
            "/health": lambda _: self._ping(),
            "/version": lambda _: Answer(200, _server()["version"].encode(), media=bodies.TEXT),
        }
        self._post: Mapping[str, tuple[Handler, tuple[str, ...]]] = {
            f"{model}/infer": (self._infer, (bodies.JSON, bodies.BINARY)),
            "/invocations": (self._invocations, (bodies.JSON, bodies.CSV, bodies.ARROW)),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1003})
        else:
            await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun, live = time.perf_counter_ns(), self._rollout.live
        request_id = secrets.token_hex(16)
        try:
            request_id = _request_id(scope, request_id)
            answer = await self._answer(scope, receive, live, request_id)
        except RequestError as error:
            allow = _allow(error) if isinstance(error, MethodNotAllowed) else ()
            answer = _refusal(scope, error.status, str(error), allow, **error.details)
        except NotReady as error:
            answer = _refusal(scope, 503, str(error), ((b"retry-after", b"1"),))
        except _Disconnected:
            return
        except Exception:
            # Whatever a model raises, the caller gets JSON without a trace, and the log gets it.
            logger.exception("request %s failed", request_id)
            answer = _refusal(scope, 500, f"the model failed on request {request_id}")
        if scope["method"] == "POST":
            self._note(scope, live, request_id, begun, answer)
        headers = [*answer.headers, *_identity(live)]
        if self._names_requests:
            headers.append((b"x-request-id", request_id.encode()))
        await _send(send, answer, headers, head=scope["method"] == "HEAD")

    async def _answer(
        self, scope: Scope, receive: Receive, live: Live | None, request_id: str
    ) -> Answer:
        path = self._resolved(_path(scope))
        if path not in self._post:
            return self._read_only(scope, path)
        if scope["method"] != "POST":
            raise MethodNotAllowed(path, scope["method"], "POST")
        if live is None:
            raise NotReady(self._rollout.model)
        handler, served = self._post[path]
        headers = dict(scope["headers"])
        media = bodies.media_type(headers.get(b"content-type"), served)
        body = await _body(headers, receive, self._settings.max_body_bytes)
        asked = Asked(headers, media, body, request_id)
        if live.delay:
            await asyncio.sleep(live.delay)
        return await self._answered(handler, live, asked)

    async def _answered(self, handler: Handler, live: Live, asked: Asked) -> Answer:
        if bodies.is_encoded(asked.headers.get(b"content-encoding")):
            return await asyncio.to_thread(self._decoded, handler, live, asked)
        small = len(asked.body) <= _INLINE_BYTES and asked.media != bodies.ARROW
        if small and live.bundle.runtime == "onnx":
            return handler(live, asked)
        return await asyncio.to_thread(handler, live, asked)

    def _decoded(self, handler: Handler, live: Live, asked: Asked) -> Answer:
        encoding, limit = asked.headers[b"content-encoding"], self._settings.max_body_bytes
        return handler(live, asked._replace(body=bodies.decoded(asked.body, encoding, limit)))

    def _resolved(self, path: str) -> str:
        if path in self._post:
            return path
        path, version = self._unversioned(path)
        if version is not None and version != self._now_live().version:
            raise NotFound("live version", version, [self._now_live().version])
        return path

    def _unversioned(self, path: str) -> tuple[str, str | None]:
        """The same path without its version, and the version."""
        model = f"/v2/models/{self._model}"
        before, found, rest = path.partition(f"{model}/versions/")
        if before or not found:
            return path, None
        version, slash, more = rest.partition("/")
        return f"{model}{slash}{more}", version

    def _note(
        self, scope: Scope, live: Live | None, request_id: str, begun: int, answer: Answer
    ) -> None:
        path, _ = self._unversioned(_path(scope))
        if self._log is not None and path in self._post:
            latency, protocol = time.perf_counter_ns() - begun, path.rpartition("/")[2]
            arrived, scored = time.time_ns() - latency, answer.scored
            self._log.add(
                Entry(request_id, arrived, latency, answer.status, protocol, live, scored)
            )

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            ends = message["type"] == "lifespan.shutdown"
            if ends and self._log is not None:
                await asyncio.to_thread(self._log.close)
            await send({"type": f"{message['type']}.complete"})
            if ends:
                return

    def _read_only(self, scope: Scope, path: str) -> Answer:
        read = self._get.get(path)
        if read is None:
            parts = path.split("/")
            if parts[:3] == ["", "v2", "models"] and len(parts) > 3 and parts[3] != self._model:
                raise NotFound("model", parts[3], [self._model])
            raise NotFound("path", path, [*self._get, *self._post])
        if scope["method"] not in ("GET", "HEAD"):
            raise MethodNotAllowed(path, scope["method"], "GET, HEAD")
        return read(scope)

    @property
    def _model(self) -> str:
        return self._rollout.model

    def _infer(self, live: Live, asked: Asked) -> Answer:
        signature = live.bundle.signature
        text, binary = binary_tensors.split(asked.body, asked.header(binary_tensors.HEADER))
        request = read_infer(signature, parse_json(text), self._settings.max_rows, binary)
        scores, scored = self._score(live, asked, request.columns)
        identity = request.id or asked.id
        document, data = write_infer(signature, live.version, request, identity, scores)
        if not data:
            return Answer(200, document, scored=scored)
        length = (binary_tensors.HEADER.encode(), b"%d" % len(document))
        return Answer(200, document + data, (length,), bodies.BINARY, scored)

    def _invocations(self, live: Live, asked: Asked) -> Answer:
        signature = live.bundle.signature
        scores, scored = self._score(live, asked, self._frame(signature, asked))
        if asked.wants(bodies.ARROW):
            return Answer(200, write_arrow(signature, scores), (), bodies.ARROW, scored)
        return Answer(200, orjson.dumps(write_predictions(signature, scores)), scored=scored)

    def _frame(self, signature: Signature, asked: Asked) -> Mapping[str, Sequence[Any] | Array]:
        limit = self._settings.max_rows
        if asked.media == bodies.JSON:
            return read_invocation(signature, parse_json(asked.body), limit)
        if asked.media == bodies.CSV:
            return read_csv(signature, asked.body, limit)
        return read_arrow(signature, asked.body, limit, self._settings.max_body_bytes)

    def _score(
        self, live: Live, asked: Asked, columns: Mapping[str, Sequence[Any] | Array]
    ) -> tuple[Array, Scored | None]:
        """The scores, and what the prediction log says of them."""
        scores = live.scorer.score(live.bundle.signature.arrays(columns))
        scored = None if self._log is None else self._log.scored(asked.id, columns, scores)
        return scores, scored

    def _ready(self) -> Answer:
        live, refused = self._rollout.live, self._rollout.refused
        serving = live and {
            "digest": live.digest,
            "version": live.version,
            "since": live.since,
            "signature": live.bundle.signed,
        }
        body = {
            "ready": live is not None,
            "live": serving,
            "refused": refused and asdict(refused),
            "log": self._log and self._log.state,
        }
        return _json(200 if live else 503, body)

    def _model_ready(self) -> Answer:
        live = self._rollout.live
        return _json(200 if live else 503, {"name": self._model, "ready": live is not None})

    def _ping(self) -> Answer:
        return Answer(200 if self._rollout.live else 503, b"\n")

    def _metadata(self) -> Answer:
        live = self._now_live()
        bundle = live.bundle
        metadata = model_metadata(bundle.signature, live.version, bundle.runtime)
        return _json(200, metadata)

    def _openapi(self, scope: Scope) -> Answer:
        return _json(200, openapi(self._now_live(), scope.get("root_path", "")))

    def _now_live(self) -> Live:
        if self._rollout.live is None:
            raise NotReady(self._model)
        return self._rollout.live


@cache
def _server() -> dict[str, Any]:
    return {"name": "slipway", "version": version("slipway"), "extensions": list(EXTENSIONS)}


def _path(scope: Scope) -> str:
    # Serve and uvicorn leave the route prefix in `path` and repeat it in `root_path`.
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return path.rstrip("/")


def _header(scope: Scope, name: bytes) -> str | None:
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value).decode("latin-1")
    return None


def _request_id(scope: Scope, generated: str) -> str:
    given = _header(scope, b"x-request-id")
    if given is None:
        return generated
    if not _REQUEST_ID.fullmatch(given):
        raise MalformedBody("x-request-id", quote(given), "1 to 128 visible ASCII characters")
    return given


async def _body(headers: Mapping[bytes, bytes], receive: Receive, limit: int) -> bytes:
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and (len(length) > _LONGEST_LENGTH or int(length) > limit):
        raise TooLarge("bytes", limit, "SLIPWAY_MAX_BODY_BYTES")
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Disconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise TooLarge("bytes", limit, "SLIPWAY_MAX_BODY_BYTES")
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks) if len(chunks) > 1 else chunk


def _json(status: int, document: Any, headers: Headers = ()) -> Answer:
    return Answer(status, orjson.dumps(document), headers)


def _refusal(
    scope: Scope, status: int, reason: str, headers: Headers = (), **details: str | int | None
) -> Answer:
    document = {"error": reason, **details}
    if _path(scope) == "/invocations":
        document |= {"error_code": error_code(status), "message": reason}
    return _json(status, document, headers)


def _allow(error: MethodNotAllowed) -> Headers:
    return ((b"allow", error.allowed.encode()),)


def _identity(live: Live | None) -> Headers:
    if live is None:
        return ((b"x-model-version", b"none"), (b"x-bundle-digest", b"none"))
    return (
        (b"x-model-version", live.version.encode()),
        (b"x-bundle-digest", live.digest.encode()),
    )


async def _send(
    send: Send, answer: Answer, headers: list[tuple[bytes, bytes]], *, head: bool
) -> None:
    headers += [
        (b"content-type", answer.media.encode()),
        (b"content-length", b"%d" % len(answer.body)),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else answer.body})

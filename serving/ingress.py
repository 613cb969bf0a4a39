"""The door: from a path to a handler and from an error to a status.

Bad input is answered with 4xx and `{"error": …}`; column, row, got and expected stand beside it
where they are known.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

from serving import bodies
from serving.about import About
from serving.asgi import (
    Answer,
    Asked,
    Disconnected,
    Receive,
    Scope,
    Send,
    body_of,
    header_of,
    identity,
    path_of,
    refusal,
    request_id_of,
    send_answer,
    version_of,
)
from serving.errors import MethodNotAllowed, NotFound, NotReady, Overloaded, RequestError, TooSlow
from serving.exposition import Exposition
from serving.live import Live
from serving.meter import Meter
from serving.patience import Pool, Turns
from serving.prediction_log import Entry, PredictionLog
from serving.rollout import Rollout
from serving.scoring import Predictions, Protocol
from serving.settings import ServingSettings

logger = logging.getLogger(__name__)

# Larger bodies, and pipelines on pandas, take long enough to hold up every other connection.
_INLINE_BYTES = 16 * 1024
_LONGEST_SHORT = len(str(_INLINE_BYTES))

Result = TypeVar("Result")
Handler = Callable[[Live, Asked], Result]


class Ingress:
    """One model behind one route prefix.

    `place` is environment and replica. Requests for predictions are counted by `meter`, of which
    `exposition` tells, and added to `log`, which is closed at the end of the lifespan.
    """

    def __init__(
        self,
        rollout: Rollout,
        settings: ServingSettings,
        log: PredictionLog | None = None,
        *,
        place: tuple[str, str] = ("production", ""),
    ) -> None:
        self._rollout = rollout
        self.meter = Meter()
        self.exposition = Exposition(self.meter, rollout, log, place)
        self._settings = settings
        self._turns = Turns(settings.max_wait_ms / 1000)
        self._pool = Pool(settings.max_wait_ms / 1000)
        self._log = log
        self._key = settings.canary_key.lower()
        model = f"/v2/models/{rollout.model}"
        self._get = About(rollout, log, self.exposition).paths
        protocols = Predictions(settings, log).protocols
        self._post: Mapping[str, Protocol] = {
            f"{model}/infer": protocols["infer"],
            "/invocations": protocols["invocations"],
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1003})
        else:
            await self._http(scope, receive, send)

    def is_short(self, scope: Scope, path: str) -> bool:
        """Whether a request, whose path below the prefix is `path`, is answered without a thread.

        One of unknown length is not.
        """
        live = self._rollout.live
        if scope["method"] != "POST" or live is None:
            return False
        if path not in self._post:
            path, version = self._unversioned(path)
            live = self._rollout.before(version) or live
            if path not in self._post:
                return False
        length = header_of(scope, b"content-length")
        known = length is not None and length.isdigit() and len(length) <= _LONGEST_SHORT
        small = known and int(length or b"0") <= _INLINE_BYTES
        # What is refused for want of a thread needs none.
        canary = self._rollout.canary
        quick = canary.runs_on_onnx if canary else live.bundle.runtime == "onnx"
        encoded = bodies.is_encoded(header_of(scope, b"content-encoding"))
        arrow = (header_of(scope, b"content-type") or b"").startswith(bodies.ARROW.encode())
        return small and ((quick and not encoded and not arrow) or self._pool.is_full)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun, live = time.perf_counter_ns(), self._rollout.live
        request_id = secrets.token_hex(16)
        try:
            request_id = request_id_of(scope, request_id)
            answer = await self._answer(scope, receive, live, request_id)
        except RequestError as error:
            answer = refusal(scope, error.status, str(error), error.headers, **error.details)
        except (NotReady, Overloaded) as error:
            answer = refusal(scope, 503, str(error), ((b"retry-after", b"1"),))
        except Disconnected:
            return
        except Exception:
            # Whatever a model raises, the caller gets JSON without a trace, and the log gets it.
            logger.exception("request %s failed", request_id)
            answer = refusal(scope, 500, f"the model failed on request {request_id}")
        if self.predicts(scope):
            self._note(scope, answer.by or live, request_id, begun, answer)
        named = (b"x-request-id", request_id.encode())
        headers = [*answer.headers, *identity(answer.by or live), named]
        await send_answer(send, answer, headers, head=scope["method"] == "HEAD")
        if answer.then is not None:
            answer.then()

    async def _answer(
        self, scope: Scope, receive: Receive, live: Live | None, request_id: str
    ) -> Answer:
        path, version = self._resolved(path_of(scope))
        canary, before = self._rollout.canary, self._rollout.before(version)
        if path not in self._post:
            return self._read_only(scope, path, self._about(live, version))
        if scope["method"] != "POST":
            raise MethodNotAllowed(path, scope["method"], "POST")
        if live is None:
            raise NotReady(self._rollout.model)
        protocol = self._post[path]
        headers = dict(scope["headers"])
        media = bodies.media_type(headers.get(b"content-type"), protocol.media)
        body = await self._body(headers, receive)
        asked = Asked(headers, media, body, request_id)
        if before is not None:
            return (await self._by(before, protocol.answer, asked))._replace(by=before)
        if canary is None:
            return await self._by(live, protocol.answer, asked)
        key = asked.header(self._key) or request_id
        first = (canary.named(version) if version else canary.chosen(key)) or canary.stable
        return await canary.answer(
            first,
            asked,
            lambda one: self._by(one, protocol.answer, asked, waited=one is not first),
            lambda one: self._handled(one, protocol.score, asked),
        )

    async def _body(self, headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
        seconds = self._settings.body_seconds
        try:
            async with asyncio.timeout(seconds):
                return await body_of(headers, receive, self._settings.max_body_bytes)
        except TimeoutError:
            raise TooSlow(seconds) from None

    async def _by(
        self, live: Live, handler: Handler[Answer], asked: Asked, *, waited: bool = False
    ) -> Answer:
        if live.delay:
            await asyncio.sleep(live.delay)
        encoded = bodies.is_encoded(asked.headers.get(b"content-encoding"))
        small = len(asked.body) <= _INLINE_BYTES and asked.media != bodies.ARROW and not encoded
        if small and live.bundle.runtime == "onnx":
            if not waited:
                self._turns.take()
            return handler(live, asked)
        return await self._pool.run(partial(self._handled, live, handler, asked))

    def _handled(self, live: Live, handler: Handler[Result], asked: Asked) -> Result:
        encoding, limit = asked.headers.get(b"content-encoding"), self._settings.max_body_bytes
        if encoding is not None and bodies.is_encoded(encoding):
            asked = asked._replace(body=bodies.decoded(asked.body, encoding, limit))
        return handler(live, asked)

    def _about(self, live: Live | None, version: str | None) -> Live | None:
        """The version that a path names, else the live one."""
        canary = self._rollout.canary
        beside = canary.named(version) if canary and version else None
        return beside or self._rollout.before(version) or live

    def _resolved(self, path: str) -> tuple[str, str | None]:
        """The path without a version, and the version that it named, which is there."""
        if path in self._post:
            return path, None
        path, version = self._unversioned(path)
        if version is not None and version not in self._rollout.versions:
            raise NotFound("live version", version, self._rollout.versions)
        return path, version

    def _unversioned(self, path: str) -> tuple[str, str | None]:
        """The same path without its version, and the version."""
        model = f"/v2/models/{self._model}"
        before, found, rest = path.partition(f"{model}/versions/")
        if before or not found:
            return path, None
        version, slash, more = rest.partition("/")
        return f"{model}{slash}{more}", version

    def predicts(self, scope: Scope) -> bool:
        """Whether this is a request for predictions, which are counted."""
        return scope["method"] == "POST" and self._unversioned(path_of(scope))[0] in self._post

    def _note(
        self, scope: Scope, live: Live | None, request_id: str, begun: int, answer: Answer
    ) -> None:
        latency, rows = time.perf_counter_ns() - begun, answer.scores
        scored = 0 if rows is None else len(rows)
        self.meter.answered(version_of(live), answer.status, latency, scored)
        if self._log is not None:
            protocol = path_of(scope).rpartition("/")[2]
            arrived, kept = time.time_ns() - latency, answer.scored
            self._log.add(Entry(request_id, arrived, latency, answer.status, protocol, live, kept))

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            ends = message["type"] == "lifespan.shutdown"
            if ends and self._log is not None:
                await asyncio.to_thread(self._log.close)
            await send({"type": f"{message['type']}.complete"})
            if ends:
                return

    def _read_only(self, scope: Scope, path: str, live: Live | None) -> Answer:
        read = self._get.get(path)
        if read is None:
            parts = path.split("/")
            if parts[:3] == ["", "v2", "models"] and len(parts) > 3 and parts[3] != self._model:
                raise NotFound("model", parts[3], [self._model])
            raise NotFound("path", path, [*self._get, *self._post])
        if scope["method"] not in ("GET", "HEAD"):
            raise MethodNotAllowed(path, scope["method"], "GET, HEAD")
        return read(scope, live)._replace(by=live)

    @property
    def _model(self) -> str:
        return self._rollout.model

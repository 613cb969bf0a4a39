"""ASGI spoken by hand: what a request holds, and how an answer leaves.

Frameworks cost a large part of a one-row answer.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, NamedTuple

import orjson

from serving import bodies
from serving.errors import MalformedBody, TooLarge
from serving.live import Live
from serving.meter import NO_VERSION
from serving.prediction_log import Scored
from serving.protocols.frames import error_code
from serving.quoting import quote
from serving.signature import Array

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = tuple[tuple[bytes, bytes], ...]

_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")
_LONGEST_LENGTH = 18


class Answer(NamedTuple):
    """What leaves; `scored` is what the prediction log is told.

    `scores` are those of its rows, `by` who answered if that was not decided beforehand, and `then`
    is called when the answer is on its way.
    """

    status: int
    body: bytes
    headers: Headers = ()
    media: str = bodies.JSON
    scored: Scored | None = None
    scores: Array | None = None
    by: Live | None = None
    then: Callable[[], None] | None = None


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


class Disconnected(Exception):
    """The caller left before the body was complete."""


def path_of(scope: Scope) -> str:
    """The path below the route prefix, without a slash at its end."""
    # Serve and uvicorn leave the route prefix in `path` and repeat it in `root_path`.
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return path.rstrip("/")


def header_of(scope: Scope, name: bytes) -> bytes | None:
    """The first header of this name, in lower case."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return None


def request_id_of(scope: Scope, generated: str) -> str:
    """The id that the caller gave, else `generated`; MalformedBody for one that cannot be."""
    header = header_of(scope, b"x-request-id")
    if header is None:
        return generated
    given = header.decode("latin-1")
    if not _REQUEST_ID.fullmatch(given):
        raise MalformedBody("x-request-id", quote(given), "1 to 128 visible ASCII characters")
    return given


async def body_of(headers: Mapping[bytes, bytes], receive: Receive, limit: int) -> bytes:
    """The whole body; TooLarge beyond `limit` bytes, Disconnected if the caller left."""
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and (len(length) > _LONGEST_LENGTH or int(length) > limit):
        raise TooLarge("bytes", limit, "SLIPWAY_MAX_BODY_BYTES")
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise TooLarge("bytes", limit, "SLIPWAY_MAX_BODY_BYTES")
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks) if len(chunks) > 1 else chunk


def json_answer(status: int, document: Any, headers: Headers = ()) -> Answer:
    """A document as JSON."""
    return Answer(status, orjson.dumps(document), headers)


def refusal(
    scope: Scope, status: int, reason: str, headers: Headers = (), **details: str | int | None
) -> Answer:
    """Why a request is refused; MLflow's clients find their own fields in it."""
    document = {"error": reason, **details}
    if path_of(scope) == "/invocations":
        document |= {"error_code": error_code(status), "message": reason}
    return json_answer(status, document, headers)


def version_of(live: Live | None) -> str:
    """What its figures are filed under."""
    return live.version if live else NO_VERSION


def identity(live: Live | None) -> Headers:
    """Which version and bundle answers."""
    if live is None:
        return ((b"x-model-version", b"none"), (b"x-bundle-digest", b"none"))
    return (
        (b"x-model-version", live.version.encode()),
        (b"x-bundle-digest", live.digest.encode()),
    )


async def send_answer(
    send: Send, answer: Answer, headers: list[tuple[bytes, bytes]], *, head: bool
) -> None:
    """Send it; to HEAD the same headers without the body."""
    headers += [
        (b"content-type", answer.media.encode()),
        (b"content-length", b"%d" % len(answer.body)),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else answer.body})

"""HTTP servers on loopback for those who ask endpoints: the real door, with faults laid over it."""

import asyncio
import json
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from serving.access.callers import Callers
from serving.access.grants import Grants, grant_for
from serving.access.guard import Guard
from serving.bundle import Bundle
from serving.door import Door
from serving.ingress import Ingress
from serving.rollout import Rollout
from serving.settings import ServingSettings, load_settings

Message = MutableMapping[str, Any]
Application = Callable[..., Awaitable[None]]
INFER = "/infer"
_BOUND: list[socket.socket] = []


@contextmanager
def listening(application: Application) -> Iterator[str]:
    """Run an ASGI application on a free port of 127.0.0.1; yields its address."""
    config = uvicorn.Config(
        application,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_level="critical",
        timeout_graceful_shutdown=0,
    )
    server = uvicorn.Server(config)
    # asyncio switches Nagle's delay (40 ms an answer) off only where the protocol is named.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def free_address() -> str:
    """An address at which nothing listens; it stays bound, so that nobody else gets it."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    _BOUND.append(bound)
    return f"http://127.0.0.1:{bound.getsockname()[1]}"


def door(
    bundle: Bundle,
    delay_ms: int | None = None,
    before: tuple[Bundle, int | None] | None = None,
    max_wait_ms: float = 60_000.0,
) -> Ingress:
    """The real ingress with a bundle live; `delay_ms` is the fault injected for drills.

    `before` was live before it, with a fault of its own. By default a busy machine makes it refuse
    nothing.
    """
    return Ingress(rolled_out(bundle, delay_ms, before), _patient(max_wait_ms))


def guarded(bundle: Bundle, token: str) -> Door:
    """The same for those who show this token."""
    rollout = rolled_out(bundle)
    grants = Grants(tokens=(grant_for(token, "shop"),)).model_dump_json()
    guard = Guard(rollout.model, Callers(grants))
    inside = Ingress(rollout, _patient())
    return Door(inside, rollout, guard, meter=inside.meter)


def _patient(max_wait_ms: float = 60_000.0) -> ServingSettings:
    return load_settings().model_copy(update={"max_wait_ms": max_wait_ms})


def rolled_out(
    bundle: Bundle, delay_ms: int | None = None, before: tuple[Bundle, int | None] | None = None
) -> Rollout:
    """A rollout with a bundle live as version 1, after `before` as version 0."""
    rollout = Rollout(bundle.signature.model)
    if before is not None:
        asyncio.run(rollout.apply(_config(*before, "0")))
    asyncio.run(rollout.apply(_config(bundle, delay_ms, "1")))
    return rollout


def _config(bundle: Bundle, delay_ms: int | None, version: str) -> dict[str, Any]:
    target = {"uri": bundle.folder.as_uri(), "digest": bundle.digest, "version": version}
    fault = {} if delay_ms is None else {"fault": {"delay_ms": delay_ms}}
    return {"bundle": target, **fault}


@dataclass
class Faulty:
    """A door whose answers to inferences go wrong.

    `shift` is added to each score; every `failing`-th answer is a 500; `refusal` takes the place
    of each 4xx. Inferences go to `replicas` in turn, everything else to the first.
    """

    replicas: Sequence[Application]
    shift: float = 0.0
    failing: int = 0
    refusal: int | None = None
    inferences: list[str] = field(default_factory=list)

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        if not scope["path"].endswith(INFER):
            await self.replicas[0](scope, receive, send)
            return
        self.inferences.append(scope["path"])
        count = len(self.inferences)
        gathered: list[Message] = []

        async def gather(message: Message) -> None:
            gathered.append(message)

        await self.replicas[count % len(self.replicas)](scope, receive, gather)
        start, body = gathered
        if self.failing and count % self.failing == 0:
            start["status"] = 500
        elif start["status"] == 200 and self.shift:
            body["body"] = _shifted(body["body"], self.shift)
        elif 400 <= start["status"] < 500 and self.refusal:
            start["status"] = self.refusal
        length = (b"content-length", b"%d" % len(body["body"]))
        kept = [pair for pair in start["headers"] if pair[0] != b"content-length"]
        await send({**start, "headers": [*kept, length]})
        await send(body)


def _shifted(content: bytes, shift: float) -> bytes:
    document = json.loads(content)
    score = document["outputs"][0]
    score["data"] = [value + shift for value in score["data"]]
    return json.dumps(document).encode()


async def answer(send: Any, status: int = 200, content: bytes = b"{}") -> None:
    """Send a whole JSON answer."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})

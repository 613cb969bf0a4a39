"""Before the ingress: who comes in, and how often."""

import secrets

from serving.access.grants import OWN, PROBE, Grant
from serving.access.guard import Guard
from serving.access.rates import Rates
from serving.asgi import (
    Message,
    Receive,
    Scope,
    Send,
    header_of,
    identity,
    refusal,
    request_id_of,
    send_answer,
    version_of,
)
from serving.errors import RequestError
from serving.ingress import Ingress
from serving.meter import Meter
from serving.rollout import Rollout


class Door:
    """Lets through to `inside` what `guard` admits, as often as each token allows.

    What it refuses is counted by `meter`, and neither scored nor logged.
    """

    def __init__(self, inside: Ingress, rollout: Rollout, guard: Guard, *, meter: Meter) -> None:
        self._inside, self._rollout, self._guard = inside, rollout, guard
        self._rates = Rates()
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                grant = self._guard.admit(scope)
                if grant is not None:
                    self._rates.spend(grant)
                    scope = _as_a_callers(scope, grant)
            except RequestError as error:
                await self._refuse(scope, send, error)
                return
        await self._inside(scope, receive, send)

    def is_short(self, scope: Scope, path: str) -> bool:
        """Whether what is behind answers at once; refusals are short too."""
        return self._inside.is_short(scope, path)

    async def _refuse(self, scope: Scope, send: Send, error: RequestError) -> None:
        if self._inside.predicts(scope):
            self._meter.refused(version_of(self._rollout.live), error.status)
        answer = refusal(scope, error.status, str(error), error.headers, **error.details)
        named = (b"x-request-id", _id_of(scope).encode())
        headers = [*answer.headers, *identity(self._rollout.live), named]
        await send_answer(send, answer, headers, head=scope["method"] == "HEAD")


class Unnamed:
    """The same door for a server that adds x-request-id to each answer itself."""

    def __init__(self, door: Door) -> None:
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_unnamed(message: Message) -> None:
            if message["type"] == "http.response.start":
                named = message["headers"]
                message["headers"] = [one for one in named if one[0] != b"x-request-id"]
            await send(message)

        await self.door(scope, receive, send_unnamed)


def _as_a_callers(scope: Scope, grant: Grant) -> Scope:
    """The request without an id that only the platform may give: monitors leave such ones out."""
    given = header_of(scope, b"x-request-id")
    if given is None or grant.name == OWN or not given.startswith(PROBE.encode()):
        return scope
    kept = [(name, value) for name, value in scope["headers"] if name != b"x-request-id"]
    return {**scope, "headers": kept}


def _id_of(scope: Scope) -> str:
    generated = secrets.token_hex(16)
    try:
        return request_id_of(scope, generated)
    except RequestError:
        return generated

"""Before the ingress: who comes in, and how often."""

import secrets
from collections.abc import Awaitable, Callable

from serving.access.guard import Guard
from serving.access.rates import Rates
from serving.asgi import (
    Receive,
    Scope,
    Send,
    identity,
    refusal,
    request_id_of,
    send_answer,
    version_of,
)
from serving.errors import RequestError
from serving.meter import Meter
from serving.rollout import Rollout

Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Door:
    """Lets through to `inside` what `guard` admits, as often as each token allows.

    What it refuses is counted by `meter`, and neither scored nor logged.

    `names_requests` is as in `Ingress`.
    """

    def __init__(
        self,
        inside: Application,
        rollout: Rollout,
        guard: Guard,
        *,
        meter: Meter,
        names_requests: bool = True,
    ) -> None:
        self._inside, self._rollout, self._guard = inside, rollout, guard
        self._rates = Rates()
        self._meter = meter
        self._names_requests = names_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                grant = self._guard.admit(scope)
                if grant is not None:
                    self._rates.spend(grant)
            except RequestError as error:
                await self._refuse(scope, send, error)
                return
        await self._inside(scope, receive, send)

    async def _refuse(self, scope: Scope, send: Send, error: RequestError) -> None:
        if scope["method"] == "POST":
            self._meter.refused(version_of(self._rollout.live), error.status)
        answer = refusal(scope, error.status, str(error), error.headers, **error.details)
        headers = [*answer.headers, *identity(self._rollout.live)]
        if self._names_requests:
            headers.append((b"x-request-id", _id_of(scope).encode()))
        await send_answer(send, answer, headers, head=scope["method"] == "HEAD")


def _id_of(scope: Scope) -> str:
    generated = secrets.token_hex(16)
    try:
        return request_id_of(scope, generated)
    except RequestError:
        return generated

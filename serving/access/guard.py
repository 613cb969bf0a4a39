"""What a request needs, and whether the token that it shows is enough."""

import re

from serving.access.callers import Callers
from serving.access.grants import Grant, Scope
from serving.asgi import Scope as Request
from serving.asgi import header_of, path_of
from serving.errors import Forbidden, Unauthorized

_BEARER = b"bearer "
# Probes of load balancers and of Kubernetes show no token; the page holds nothing of the model.
_OPEN = re.compile(
    r"/v2/health/(live|ready)|/v2/models/[^/]+(/versions/[^/]+)?/ready|/ping|/health|/docs"
)


class Guard:
    """Of one model; `callers` None lets everybody in."""

    def __init__(self, model: str, callers: Callers | None) -> None:
        self._model, self._callers = model, callers

    def admit(self, request: Request) -> Grant | None:
        """Whose request it is; None where nobody has to say.

        Raises
        ------
        RequestError
            `Unauthorized` without a token that is known, `Forbidden` for one that is not enough.
        """
        if self._callers is None:
            return None
        need = needed(request)
        if need is None:
            return None
        grant = self._grant(self._callers, header_of(request, b"authorization"))
        if not grant.covers(self._model):
            raise Forbidden(grant.name, _models(grant), f"model {self._model!r}")
        if not grant.allows(need):
            raise Forbidden(grant.name, f"scope {grant.scope!r}", f"scope {need!r}")
        return grant

    def _grant(self, callers: Callers, shown: bytes | None) -> Grant:
        if shown is None:
            raise Unauthorized
        scheme = shown[: len(_BEARER)]
        if scheme != b"Bearer " and scheme.lower() != _BEARER:
            raise Unauthorized("the header Authorization names another scheme")
        grant = callers.grant_of(shown[len(_BEARER) :].strip())
        if grant is None:
            raise Unauthorized("the token is not known here, was revoked or has ended")
        return grant


def needed(request: Request) -> Scope | None:
    """What a token must be good for; None if none is asked for."""
    if request["method"] == "POST":
        return "infer"
    return None if _OPEN.fullmatch(path_of(request)) else "read"


def _models(grant: Grant) -> str:
    return f"model {', '.join(map(repr, grant.models))}"

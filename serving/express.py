"""The short way into a replica of Ray Serve, for requests that are answered at once.

Serve wraps every request in two tasks, a queue and what it notes of it, which takes several times
as long as an answer for one row. All of that is for requests that wait, can be cancelled or take
their time. A short one does none of this, so a middleware, put in place by Serve's own hook
(`RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH`), hands it to the door directly. Routing, health and
draining stay Serve's: a short request is counted as ongoing too. Serve's own counts and latencies
by request, but not those of its proxy, leave short requests out.

What is asked of Serve's replica here are its private names; where one is missing, as in another
version, everything goes Serve's way.
"""

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from starlette.middleware import Middleware

from serving.one_write import in_one_write

logger = logging.getLogger(__name__)

Application = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]


class ShortDoor(Protocol):
    """An application that knows which requests it answers at once."""

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None: ...

    def is_short(self, scope: MutableMapping[str, Any], path: str) -> bool:
        """Whether to answer takes no longer than a turn of the event loop.

        `path` is the part of the path below the route prefix.
        """
        ...


class Express:
    """Hands short requests to `door`, everything else to `app`."""

    def __init__(self, app: Application, replica: Any, door: ShortDoor) -> None:
        self._app, self._replica, self._door = app, replica, door
        self._metrics = replica._metrics_manager  # noqa: SLF001  Serve has no public name for it

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if not self._takes(scope):
            await self._app(scope, receive, send)
            return
        # Draining waits until this count, which only the replica's event loop changes, is 0.
        self._metrics._num_ongoing_requests += 1  # noqa: SLF001
        try:
            await self._door(scope, receive, in_one_write(send))
        finally:
            self._metrics._num_ongoing_requests -= 1  # noqa: SLF001

    def _takes(self, scope: MutableMapping[str, Any]) -> bool:
        if scope["type"] != "http" or scope["root_path"]:
            return False
        prefix: str = (self._replica._route_prefix or "").rstrip("/")  # noqa: SLF001
        path: str = scope["path"]
        if not path.startswith(prefix) or not self._door.is_short(scope, path[len(prefix) :]):
            return False
        scope["root_path"] = prefix
        return True


def express(app: Application) -> Application:
    """Put the short way before the application of a replica; any other stays as it is."""
    replica = getattr(getattr(app, "_app", None), "__self__", None)
    door = getattr(getattr(replica, "_user_callable_asgi_app", None), "door", None)
    if replica is None or door is None or not hasattr(replica, "_route_prefix"):
        return app
    wrapper = getattr(replica, "_user_callable_wrapper", None)
    # In a thread of its own, a model's event loop is not the one that requests come in by.
    if getattr(wrapper, "_run_user_code_in_separate_thread", True):
        return app
    if not hasattr(getattr(replica, "_metrics_manager", None), "_num_ongoing_requests"):
        logger.warning("this version of Ray Serve is not known: requests go its own way, slower")
        return app
    return Express(app, replica, door)


def middlewares() -> list[Middleware]:
    """What Serve's hook for HTTP middlewares is to call."""
    return [Middleware(express)]

"""Keeps a replica's internal gRPC server on loopback.

Ray Serve binds that server to every interface and has no setting for it. Its documented hook for
HTTP middlewares is called in each replica just before, so the address is changed there.

There is one such hook, so the middleware of `serving.express` is handed on too.
"""

import sys
from collections.abc import Callable
from typing import Any

from starlette.middleware import Middleware

from platform_assets.cli.stack.ports import LOOPBACK
from serving import express

REPLICA = "ray.serve._private.replica"
BIND = "add_port_to_grpc_server"


def middlewares() -> list[Middleware]:
    """Those of serving; called for its effect on this process too."""
    replica = sys.modules.get(REPLICA)
    if replica is not None:
        setattr(replica, BIND, on_loopback(getattr(replica, BIND)))
    return express.middlewares()


def on_loopback(bind: Callable[[Any, str], int]) -> Callable[[Any, str], int]:
    """The same function, for addresses of every interface turned into loopback."""

    def bound(server: Any, address: str) -> int:
        return bind(server, address.replace("[::]:", f"{LOOPBACK}:"))

    return bound

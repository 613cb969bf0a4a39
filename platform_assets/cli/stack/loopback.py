"""Keeps a replica's internal gRPC server on loopback.

Ray Serve binds that server to every interface and has no setting for it. Its documented hook for
HTTP middlewares is called in each replica just before, so the address is changed there.
"""

import sys
from collections.abc import Callable
from typing import Any

from platform_assets.cli.stack.ports import LOOPBACK

REPLICA = "ray.serve._private.replica"
BIND = "add_port_to_grpc_server"


def middlewares() -> list[Any]:
    """No middleware at all: called for its effect on this process."""
    replica = sys.modules.get(REPLICA)
    if replica is not None:
        setattr(replica, BIND, on_loopback(getattr(replica, BIND)))
    return []


def on_loopback(bind: Callable[[Any, str], int]) -> Callable[[Any, str], int]:
    """The same function, for addresses of every interface turned into loopback."""

    def bound(server: Any, address: str) -> int:
        return bind(server, address.replace("[::]:", f"{LOOPBACK}:"))

    return bound

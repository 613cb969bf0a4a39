"""Training on a Ray cluster: joblib's jobs run in Ray's workers while the block lasts.

Ray is imported on first use. Workers need the same code and libraries as this process.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from joblib import register_parallel_backend

from resources.errors import RayUnavailable

RAY = "ray"
"""The name under which joblib knows Ray as a backend, inside of `on_ray`."""

_AUTH = {"RAY_AUTH_MODE": "token"}


@contextmanager
def on_ray(address: str, token: str | None) -> Iterator[int]:
    """Connect to a cluster; gives the number of its CPUs that are free.

    `address` is host:port of a cluster that this machine is a node of, or ray://host:port from
    anywhere. `token` is what the cluster asks for; None if it asks for nothing.

    Raises
    ------
    RayUnavailable
        If the cluster cannot be reached, refuses the token, or has no CPU free.
    """
    import ray
    from ray.util.joblib.ray_backend import RayBackend

    with _asking_with(token):
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        # Ray tells of a wrong address or token with each of these.
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            raise RayUnavailable(address, str(error)) from error
        try:
            # By itself Ray's pool asks for no CPU, and puts all of its workers on one node.
            register_parallel_backend(RAY, partial(RayBackend, ray_remote_args={"num_cpus": 1}))
            cpus = int(ray.available_resources().get("CPU", 0))  # type: ignore[no-untyped-call]
            if not cpus:
                raise RayUnavailable(address, "it has no CPU free")
            yield cpus
        finally:
            ray.shutdown()


@contextmanager
def _asking_with(token: str | None) -> Iterator[None]:
    """Ray takes its token from the environment alone; what stood there comes back."""
    wanted = {**_AUTH, "RAY_AUTH_TOKEN": token} if token else {}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

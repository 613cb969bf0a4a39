"""One pass of the reconciler in a process of its own that kills itself at a given act."""

import os
import signal
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

from gitops.local_forge import LocalForge
from gitops.reconcile import Reconciler
from gitops.serve_runtime import ServeRuntime
from tests.support.releases import Judge, World, patience

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["__main__", __name__])


def killed_pass(world: World, environment: str, model: str, point: str) -> bool:
    """Run a pass that dies by SIGKILL at `point` (`before:<act>` or `after:<act>`).

    Returns whether it came that far.
    """
    addresses = (world.forge.path, world.lock, world.serve.api, world.serve.endpoint)
    process = CONTEXT.Process(target=_run, args=(*addresses, environment, model, point))
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL), f"the pass failed: {process.exitcode}"
    return process.exitcode != 0


def _run(
    path: Path, lock: Path, api: str, endpoint: str, environment: str, model: str, point: str
) -> None:
    with ServeRuntime(api, endpoint) as runtime:
        Reconciler(
            LocalForge(path),
            runtime,
            Judge(endpoint),
            lock,
            patience=patience(),
            on_act=_kill_at(point),
        ).reconcile(environment, model)


def _kill_at(point: str) -> Callable[[str], None]:
    def on_act(reached: str) -> None:
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    return on_act

"""A reconciler in a process of its own that passes again and again, as one on another machine."""

from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from gitops.conditions import Reason
from gitops.local_forge import LocalForge
from gitops.reconcile import Reconciler
from gitops.serve_runtime import ServeRuntime
from tests.support.releases import Judge, World, bring, manifest, patience

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["__main__", __name__])
LETTERS = "abcdef"


def started(world: World, lock: Path, rounds: int) -> ForkServerProcess:
    addresses = (world.forge.path, lock, world.serve.api, world.serve.endpoint)
    process = CONTEXT.Process(target=_run, args=(*addresses, rounds))
    process.start()
    return process


def _run(path: Path, lock: Path, api: str, endpoint: str, rounds: int) -> None:
    """In each round a pass; every few rounds a new version first."""
    forge = LocalForge(path)
    with ServeRuntime(api, endpoint) as runtime:
        reconciler = Reconciler(forge, runtime, Judge(endpoint), lock, patience=patience())
        for number in range(rounds):
            if number % 4 == 0:
                bring(forge, manifest(LETTERS[number // 4 % len(LETTERS)]))
            outcome = reconciler.reconcile("staging", "fraud").outcome
            assert outcome.reason in (Reason.HEALTHY, Reason.LOCKED, Reason.CONTENDED), outcome

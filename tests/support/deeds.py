"""Everything that changes git, done in a process of its own that kills itself around a write.

Every method of the port that is not listed as a read counts as a write, so a new one is a new
point. Points are `before:<write>` and `after:<write>`.
"""

import contextlib
import os
import signal
from collections.abc import Callable, Mapping
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from gitops.errors import AlreadyRolledBack, NotHeld, NothingToPrune, NotSuspended
from gitops.forge import Forge
from gitops.holds import hold, lift
from gitops.lease import tenure
from gitops.local_forge import LocalForge
from gitops.manifest import manifest_path
from gitops.pruning import confirm_prune
from gitops.rollback import rollback
from gitops.suspension import resume, suspend
from tests.support.releases import bring, digest, manifest

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["__main__", __name__])
READS = {
    "one_look",
    "head",
    "read",
    "paths",
    "last_change",
    "history",
    "versions",
    "line",
    "descendants",
    "promotion",
    "promotions",
    "read_record",
    "records",
    "read_lease",
    "signature",
    "signs",
}
WRITES = {name for name in dir(Forge) if not name.startswith("_")} - READS
STAGING = ("staging", "fraud")


def _lease(forge: Forge) -> None:
    from gitops.holds import now

    with tenure(forge, "tests", now):
        pass


DEEDS: Mapping[str, Callable[[Any], Any]] = {
    "release under `auto`": lambda forge: bring(forge, manifest("c")),
    "promotion": lambda forge: bring(forge, manifest("b", "production")),
    "merge": lambda forge: forge.merge(1, "ann"),
    "rejection": lambda forge: forge.close(1, "not this one"),
    "rollback by hand": lambda forge: rollback(forge, *STAGING, "smells", "ann"),
    "hold": lambda forge: hold(forge, *STAGING, digest("b"), "smells", "ann"),
    "lift": lambda forge: lift(forge, *STAGING, digest("a"), "ann"),
    "suspension": lambda forge: suspend(forge, *STAGING, "moving", "ann"),
    "resumption": lambda forge: resume(forge, "staging", "other", "ann"),
    "confirmed prune": lambda forge: confirm_prune(forge, "staging", "ann"),
    "taking and giving back the lease": _lease,
}
DONE_BEFORE = (AlreadyRolledBack, NotHeld, NotSuspended, NothingToPrune)


def prepare(at: Any, deed: str) -> None:
    """What must be there before a deed."""
    at.staging("a")
    at.staging("b")
    if deed in ("merge", "rejection"):
        bring(at.forge, manifest("b", "production"))
    if deed == "lift":
        hold(at.forge, *STAGING, digest("a"), "smells", "ann")
    if deed == "resumption":
        suspend(at.forge, "staging", "other", "moving", "ann")
    if deed == "confirmed prune":
        at.forge.commit(at.forge.head(), {manifest_path(*STAGING): None}, "Remove")


def state(forge: LocalForge) -> dict[str, Any]:
    """What git says, without times and ids."""
    head = forge.head()
    files = {path: forge.read(path, head) or "" for path in forge.paths("gitops", head)}
    shown = [
        [one.number, one.state, one.approver, sorted(status.context for status in one.statuses)]
        for one in forge.promotions()
    ]
    lines = {
        path: [line for line in text.splitlines() if "since:" not in line]
        for path, text in files.items()
    }
    lease = forge.read_lease()
    return {"files": lines, "promotions": shown, "held": bool(lease and lease.holder)}


def killed(forge: LocalForge, deed: str, point: str, told: Path) -> bool:
    """Do a deed in a child that dies by SIGKILL at `point`; returns whether it died."""
    told.unlink(missing_ok=True)
    process = CONTEXT.Process(target=_run, args=(forge.path, deed, point, told))
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL), f"{deed} failed: {process.exitcode}"
    return process.exitcode != 0


def _run(path: Path, deed: str, point: str, told: Path) -> None:
    def hear(reached: str) -> None:
        with told.open("a") as file:
            file.write(f"{reached}\n")
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    with contextlib.suppress(*DONE_BEFORE):
        DEEDS[deed](WatchedForge(LocalForge(path), hear))


class WatchedForge:
    """A forge that says what it is about to write and what it has written."""

    def __init__(self, forge: LocalForge, hear: Callable[[str], None]) -> None:
        self._forge, self._hear = forge, hear

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._forge, name)
        if name not in WRITES:
            return found

        def write(*args: Any, **kwargs: Any) -> Any:
            self._hear(f"before:{name}")
            result = found(*args, **kwargs)
            self._hear(f"after:{name}")
            return result

        return write

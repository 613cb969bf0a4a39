"""What a pass knows of one environment and model, and all that it can do."""

from dataclasses import dataclass, field
from enum import StrEnum

from gitops.conditions import Outcome
from gitops.dependencies import Dependency
from gitops.healthy import Healthy
from gitops.holds import Hold
from gitops.manifest import ReleaseManifest
from gitops.pace import DEFAULT_PACE, Pace
from gitops.record import DeploymentRecord
from gitops.runtime import LiveModel, ObservedApplication
from gitops.suspension import Suspension
from gitops.walk import Walk, walk_of


class Act(StrEnum):
    """Everything a pass can do; each is safe to do again after a crash in the middle."""

    RECORD_ATTEMPT = "record-attempt"
    APPLY = "apply"
    REMOVE = "remove"
    RECORD_APPLIED = "record-applied"
    AWAIT_READY = "await-ready"
    BEGIN_STEP = "begin-step"
    ANALYSE = "analyse"
    RECORD_STEP = "record-step"
    VERIFY = "verify"
    RECORD_HEALTHY = "record-healthy"
    RECORD_FAILED = "record-failed"
    RECORD_REMOVED = "record-removed"
    REVERT = "revert"
    RECORD_OUTCOME = "record-outcome"


@dataclass(frozen=True)
class Desired:
    """What git's head says of one environment and model.

    `revision` is the last commit that touched the manifest (empty: never there), `manifest` None
    where git names none, `restores` whether that commit is a rollback, `invalid` why the files
    cannot be used.
    """

    environment: str
    model: str
    revision: str = ""
    manifest: ReleaseManifest | None = None
    restores: bool = False
    invalid: str = ""


@dataclass(frozen=True)
class Earlier:
    """What an earlier environment knows of the desired digest."""

    name: str
    proven: bool
    held: bool


@dataclass(frozen=True)
class Around:
    """What git says of the environment and of how this target is treated.

    `emptied` says that git names no manifest in the environment any more and that nobody has
    confirmed it.
    """

    pace: Pace = DEFAULT_PACE
    suspension: Suspension | None = None
    emptied: bool = False
    dependencies: tuple[Dependency, ...] = ()


@dataclass(frozen=True)
class Facts:
    """All that a decision rests on.

    `hold` is that of the desired digest in this environment; `waiting` is the end of the pass if it
    is too early for anything new; `verifiable` says whether somebody is there to verify an
    endpoint; `done` are the acts of this pass so far, and `drift` what differed from git when it
    began. `healthy` is what a rollback puts back, `stable` its manifest where the desired one has
    a canary; `unsigned` why the revision is not followed for want of a signature, `unable` why
    nothing is begun for want of a key to sign a rollback with.
    """

    desired: Desired
    record: DeploymentRecord
    observed: ObservedApplication | None = None
    live: LiveModel | None = None
    hold: Hold | None = None
    earlier: tuple[Earlier, ...] = ()
    waiting: Outcome | None = None
    verifiable: bool = True
    done: tuple[Act, ...] = ()
    around: Around = Around()
    drift: str = ""
    stable: ReleaseManifest | None = None
    healthy: Healthy = field(default_factory=Healthy)
    unsigned: str = ""
    unable: str = ""

    @property
    def walk(self) -> Walk | None:
        """Where the desired bundle is on its way beside what is stable."""
        if self.desired.restores:
            return None
        desired = self.desired
        return walk_of(self.record, desired.revision, desired.manifest, self.stable)

"""What to do next for one environment and model: decided from facts alone, by pure functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gitops.conditions import Outcome
from gitops.manifest import ReleaseManifest


class Act(StrEnum):
    """Everything a pass can do; each is safe to do again after a crash in the middle."""

    RECORD_ATTEMPT = "record-attempt"
    APPLY = "apply"
    REMOVE = "remove"
    RECORD_APPLIED = "record-applied"
    AWAIT_READY = "await-ready"
    VERIFY = "verify"
    RECORD_HEALTHY = "record-healthy"
    RECORD_FAILED = "record-failed"
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
    revision: str
    manifest: ReleaseManifest | None
    restores: bool = False
    invalid: str = ""


@dataclass(frozen=True)
class Plan:
    """The acts of the next step, in order; without acts the pass ends with `outcome`."""

    acts: tuple[Act, ...]
    outcome: Outcome | None
    facts: Mapping[str, str]

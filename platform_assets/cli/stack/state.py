"""What the supervisor publishes of itself, and what others may believe of it."""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

import psutil

from platform_assets.cli.stack.processes import same


class Phase(StrEnum):
    """Where a service stands."""

    WAITING = "waiting"
    STARTING = "starting"
    HEALTHY = "healthy"
    DONE = "done"
    BACKOFF = "backing off"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True)
class ServiceState:
    """One service: `since` is when the phase began (Unix seconds), `starts` counts this run's."""

    phase: Phase = Phase.WAITING
    pid: int | None = None
    created: float = 0.0
    since: float = 0.0
    starts: int = 0
    message: str = ""
    address: str = ""
    optional: bool = False

    @property
    def settled(self) -> bool:
        return self.optional or self.phase in (Phase.HEALTHY, Phase.DONE)

    def process(self) -> psutil.Process | None:
        """Its process, if that still lives."""
        return same(self.pid, self.created) if self.pid else None


@dataclass(frozen=True)
class StackState:
    """The supervisor's process, the ports it chose and its services."""

    pid: int
    created: float
    ports: Mapping[str, int] = field(default_factory=dict)
    services: Mapping[str, ServiceState] = field(default_factory=dict)
    stopping: bool = False

    def supervisor(self) -> psutil.Process | None:
        return same(self.pid, self.created) if self.pid else None

    @property
    def settled(self) -> bool:
        """Is every service that must be up, or done?"""
        return all(service.settled for service in self.services.values())

    def failed(self) -> dict[str, ServiceState]:
        return {name: one for name, one in self.services.items() if one.phase is Phase.FAILED}


def read_state(path: Path) -> StackState | None:
    """What was published last; None if nothing was, or nothing that can be read."""
    try:
        fields = json.loads(path.read_text())
        services = {
            name: ServiceState(**{**one, "phase": Phase(one["phase"])})
            for name, one in fields.pop("services").items()
        }
        return StackState(**fields, services=services)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def write_state(path: Path, state: StackState) -> None:
    """Publish whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(handle, "w") as file:
        json.dump(asdict(state), file, indent=1, sort_keys=True)
    Path(name).replace(path)


def running_services(state: StackState | None) -> dict[str, ServiceState]:
    """The published services whose process still lives, whoever supervises them now."""
    if state is None:
        return {}
    return {name: one for name, one in state.services.items() if one.process() is not None}

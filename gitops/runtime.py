"""The ports to the running system and to its judge, and what they promise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from gitops.conditions import Verdict
from gitops.figures import Figures
from gitops.manifest import ReleaseManifest

ApplicationStatus: TypeAlias = Literal[
    "NOT_STARTED", "DEPLOYING", "DEPLOY_FAILED", "RUNNING", "UNHEALTHY", "DELETING"
]


@dataclass(frozen=True)
class ObservedApplication:
    """One application as the running system reports it.

    `config` is what it was last told, key by key as it was sent; None if it was started otherwise
    or is being deleted.
    """

    name: str
    status: ApplicationStatus
    message: str = ""
    config: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Refusal:
    """A bundle that an endpoint would not load, and why."""

    digest: str
    reason: str


@dataclass(frozen=True)
class Beside:
    """A candidate beside what is live, the share of keys that it answers, and what is known."""

    digest: str
    weight: float
    figures: Figures


@dataclass(frozen=True)
class LiveModel:
    """What an endpoint says of itself; empty strings where it says nothing.

    `replica` tells apart those that share one address.
    """

    ready: bool
    digest: str = ""
    version: str = ""
    since: str = ""
    refused: Refusal | None = None
    replica: str = ""
    beside: Beside | None = None


class Runtime(Protocol):
    """A system that runs applications as told. RuntimeUnavailable whenever it cannot be asked."""

    def observe(self) -> Mapping[str, ObservedApplication]:
        """All applications by name, also those that are none of ours."""
        ...

    def apply(self, applications: Sequence[Mapping[str, Any]]) -> None:
        """Make exactly these the declared applications; those left out are stopped.

        Returns once the configuration is accepted, before it is in effect. Telling it the same
        again is harmless. ApplyRefused if the configuration is not acceptable.
        """
        ...

    def live(self, route: str) -> LiveModel | None:
        """Ask the endpoint at a route prefix what it serves; None if nothing sensible answers.

        With several replicas each call may reach another one.
        """
        ...


class Verifier(Protocol):
    """Judges a live endpoint; it changes nothing."""

    def verify(self, manifest: ReleaseManifest, route: str) -> Sequence[Verdict]:
        """All verdicts on the endpoint at a route prefix. No verdict at all counts as a failure.

        Called once the endpoint is ready and names the manifest's digest.
        """
        ...

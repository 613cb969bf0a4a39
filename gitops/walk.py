"""The way of a candidate beside what is stable, one share of the keys after the other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gitops.manifest import ReleaseManifest, answering, application, serve_application
from gitops.record import DeploymentRecord


@dataclass(frozen=True)
class Walk:
    """Step number `index` of `candidate` beside `stable`."""

    stable: ReleaseManifest
    candidate: ReleaseManifest
    index: int

    @property
    def steps(self) -> tuple[int, ...]:
        return self.candidate.canary.steps if self.candidate.canary else ()

    @property
    def weight(self) -> float:
        """The share of keys that the candidate answers."""
        return self.steps[self.index] / 100

    @property
    def name(self) -> str:
        """As people are told, e.g. `step 1 of 3 (5 %)`."""
        return f"step {self.index + 1} of {len(self.steps)} ({self.steps[self.index]} %)"


def walk_of(
    record: DeploymentRecord,
    revision: str,
    manifest: ReleaseManifest | None,
    stable: ReleaseManifest | None,
) -> Walk | None:
    """Where the candidate of a revision is on its way; None where it has none, or is at its end.

    It has one if the manifest asks for it, another bundle was healthy before, and it is not proven
    yet. `stable` is what was.
    """
    if manifest is None or manifest.canary is None or stable is None:
        return None
    if stable.bundle_digest == manifest.bundle_digest or revision == record.healthy:
        return None
    index = record.step if record.attempted == revision else 0
    return Walk(stable, manifest, index) if index < len(manifest.canary.steps) else None


def wanted(manifest: ReleaseManifest, walk: Walk | None) -> dict[str, Any]:
    """What the running system is told for a manifest, on its way or at its end."""
    return serve_application(manifest) if walk is None else application(manifest, _beside(walk))


def _beside(walk: Walk) -> Mapping[str, Any]:
    shadow = walk.candidate.canary.shadow if walk.candidate.canary else 0.0
    canary = {**answering(walk.candidate), "weight": walk.weight, "shadow": shadow}
    return {**answering(walk.stable), "canary": canary}

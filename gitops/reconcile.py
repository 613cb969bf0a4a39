"""One pass for one environment and model: gather facts, decide, act, until nothing is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gitops.conditions import Outcome, Verdict
from gitops.manifest import ReleaseManifest
from gitops.plan import Act


class Verifier(Protocol):
    """Judges a live endpoint; it changes nothing."""

    def verify(self, manifest: ReleaseManifest, route: str) -> Sequence[Verdict]:
        """All verdicts on the endpoint at a route prefix. No verdict at all counts as a failure."""
        ...


@dataclass(frozen=True)
class Report:
    """What one pass found and did.

    `verdicts` are those of the attempt made in this pass; where it failed, `reverted` is its
    revision, `reverted_to` the commit that took it back, `restored_verdicts` the verdicts on what
    was restored. `manifest` and `revision` are what git wants at the end of the pass.
    """

    environment: str
    model: str
    outcome: Outcome
    revision: str
    manifest: ReleaseManifest | None
    acts: tuple[Act, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    restored_verdicts: tuple[Verdict, ...] = ()
    reverted: str | None = None
    reverted_to: str | None = None

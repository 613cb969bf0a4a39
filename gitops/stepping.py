"""One look at a step of a canary: what the replicas counted, what a replay adds, how to go on."""

from dataclasses import dataclass
from typing import Literal, Protocol

from gitops.analysis import analyse, conclusion
from gitops.canary import CanaryPolicy
from gitops.conditions import Verdict
from gitops.figures import Figures
from gitops.manifest import ReleaseManifest
from gitops.readiness import ASKS_PER_REPLICA, on_step
from gitops.runtime import Runtime
from gitops.walk import Walk

SOONEST = 1.0


class Replayer(Protocol):
    """Lets both versions score rows that are known, apart from the endpoint."""

    def replay(
        self, stable: ReleaseManifest, candidate: ReleaseManifest, requests: int
    ) -> Figures | None:
        """What both did on at most so many single rows; None if there is nothing to replay.

        The same rows give the same scores; latencies are those of scoring alone.
        """
        ...


@dataclass(frozen=True)
class Analysis:
    """What is known of a step after `seconds`; `replayed` counts what no traffic gave."""

    step: str
    weight: float
    seconds: float
    figures: Figures
    replayed: int
    verdicts: tuple[Verdict, ...]

    def sentence(self) -> str:
        """One line, e.g. `step 1 of 3 (5 %): 212 requests, pass`."""
        also = f" and {self.replayed} replayed" if self.replayed else ""
        open_ = [one.sentence() for one in self.verdicts if not one.passed]
        why = f": {'; '.join(open_)}" if open_ else ""
        count = f"{self.figures.requests} requests{also}"
        return f"{self.step}: {count}, {conclusion(self.verdicts)}{why}"


@dataclass(frozen=True)
class Decision:
    """How the walk goes on; `seconds` to wait where it waits."""

    kind: Literal["advance", "fail", "wait"]
    seconds: float = 0.0


def decide(policy: CanaryPolicy, analysis: Analysis) -> Decision:
    """Failure ends a step at once, success after its interval, doubt at its timeout."""
    outcome, left = conclusion(analysis.verdicts), policy.interval - analysis.seconds
    if outcome == "fail":
        return Decision("fail")
    if left > 0:
        return Decision("wait", max(SOONEST, left))
    if outcome == "pass":
        return Decision("advance")
    rest = policy.timeout - analysis.seconds
    if rest <= 0:
        return Decision("fail")
    return Decision("wait", max(SOONEST, min(policy.interval, rest)))


def look(
    runtime: Runtime,
    walk: Walk,
    policy: CanaryPolicy,
    seconds: float,
    replayer: Replayer | None = None,
) -> Analysis:
    """Ask the replicas, and replay rows if the interval is over and too little came by itself."""
    seen, replayed = collect(runtime, walk), None
    missing = policy.samples - seen.requests
    if replayer and missing > 0 and seconds >= policy.interval:
        replayed = replayer.replay(walk.stable, walk.candidate, policy.samples)
    return Analysis(
        walk.name,
        walk.weight,
        seconds,
        seen,
        replayed.requests if replayed else 0,
        analyse(policy, seen, replayed),
    )


def collect(runtime: Runtime, walk: Walk) -> Figures:
    """The figures of all replicas that could be reached, each once."""
    found: dict[str, Figures] = {}
    replicas, route = walk.candidate.replicas, walk.candidate.route
    for _ in range(1 if replicas == 1 else ASKS_PER_REPLICA * replicas):
        live = runtime.live(route)
        if live and live.beside and on_step(live, walk):
            found[live.replica] = live.beside.figures
        if len(found) == replicas:
            break
    return sum(found.values(), Figures())

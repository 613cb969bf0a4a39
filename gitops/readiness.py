"""Wait until an application runs as told and its endpoint names the bundle it should."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from gitops.conditions import Verdict
from gitops.errors import RuntimeUnavailable
from gitops.manifest import ReleaseManifest
from gitops.runtime import LiveModel, ObservedApplication, Runtime
from gitops.walk import Walk, wanted

ASKS_PER_REPLICA = 4


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds: in all, and between two looks."""

    timeout: float = 120.0
    poll: float = 0.5
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class _Look:
    """One look at the system; `final` if waiting cannot change it."""

    verdict: Verdict
    final: bool


def await_ready(
    runtime: Runtime, manifest: ReleaseManifest, patience: Patience, walk: Walk | None = None
) -> Verdict | None:
    """The verdict on readiness; None if the system was told something else meanwhile.

    On a `walk`, ready is who has the candidate at the step's share beside what is stable.

    It fails at once when the endpoint refuses the bundle or Serve gives the deployment up, and
    otherwise when the time is over.

    Raises
    ------
    RuntimeUnavailable
        Nobody could be asked when the time was over.
    """
    deadline = patience.clock() + patience.timeout
    while True:
        over = patience.clock() >= deadline
        try:
            observed = runtime.observe().get(manifest.application)
        except RuntimeUnavailable:
            if over:
                raise
        else:
            if observed is None or observed.config != wanted(manifest, walk):
                return None
            look = _look(runtime, manifest, observed, walk)
            if look.final or over:
                return look.verdict
        patience.pause(patience.poll)


def _look(
    runtime: Runtime, manifest: ReleaseManifest, observed: ObservedApplication, walk: Walk | None
) -> _Look:
    status, message = observed.status, observed.message
    if status == "DEPLOY_FAILED":
        return _Look(_verdict(manifest, status, f"given up by Serve: {message}"), final=True)
    if status != "RUNNING":
        return _Look(_verdict(manifest, status, message), final=False)
    return _ask_replicas(runtime, manifest, walk)


def _ask_replicas(runtime: Runtime, manifest: ReleaseManifest, walk: Walk | None) -> _Look:
    asks = 1 if manifest.replicas == 1 else ASKS_PER_REPLICA * manifest.replicas
    looks = [_judge(manifest, runtime.live(manifest.route), walk)]
    while looks[-1].verdict.passed and len(looks) < asks:
        looks.append(_judge(manifest, runtime.live(manifest.route), walk))
    return looks[-1]


def _judge(manifest: ReleaseManifest, live: LiveModel | None, walk: Walk | None) -> _Look:
    if live is None:
        return _Look(_verdict(manifest, None, f"no answer at {manifest.route}"), final=False)
    refused = live.refused
    # Serve reports RUNNING only after each replica has taken the configuration in, so a refusal
    # seen then is one of this configuration, also where it names no digest.
    if refused and refused.digest in ("", manifest.bundle_digest):
        message = f"refused by the endpoint: {refused.reason}"
        return _Look(_verdict(manifest, live.digest, message), final=True)
    passed = live.ready and (on_step(live, walk) if walk else live.digest == manifest.bundle_digest)
    message = "" if live.ready else "not ready"
    return _Look(_verdict(manifest, live.digest, message, passed=passed), final=passed)


def on_step(live: LiveModel, walk: Walk) -> bool:
    """Whether an endpoint has the candidate at the step's share beside what is stable."""
    beside = live.beside and (live.beside.digest, live.beside.weight)
    return live.digest == walk.stable.bundle_digest and beside == (
        walk.candidate.bundle_digest,
        walk.weight,
    )


def _verdict(
    manifest: ReleaseManifest, observed: str | None, message: str, *, passed: bool = False
) -> Verdict:
    return Verdict(
        check="ready",
        passed=passed,
        metric="live digest",
        observed=observed,
        threshold=manifest.bundle_digest,
        message=message,
    )

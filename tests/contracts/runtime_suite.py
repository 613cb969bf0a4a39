"""What every running system promises, whatever is behind it.

A class per system inherits `RuntimeContract` and gives the fixture `system`: a `System`, in which
the releases of an earlier test may still run.
"""

import time
from dataclasses import dataclass, replace

import pytest

from gitops.canary import CanaryPolicy
from gitops.conditions import Verdict
from gitops.errors import ApplyRefused
from gitops.manifest import ReleaseManifest, serve_application
from gitops.readiness import Patience, await_ready
from gitops.runtime import Runtime
from gitops.walk import Walk, wanted

SECONDS = 90.0


@dataclass(frozen=True)
class System:
    """A running system, two releases that it can load and one whose bundle is damaged."""

    runtime: Runtime
    good: ReleaseManifest
    better: ReleaseManifest
    damaged: ReleaseManifest


def applied(system: System, *manifests: ReleaseManifest) -> Verdict | None:
    """Tell the system exactly these releases and wait for the last."""
    system.runtime.apply([serve_application(manifest) for manifest in manifests])
    return await_ready(system.runtime, manifests[-1], Patience(timeout=SECONDS, poll=0.05))


def walked(system: System, manifest: ReleaseManifest) -> Verdict | None:
    """Let a release stand beside the good one, and wait for it."""
    candidate = replace(manifest, canary=CanaryPolicy(steps=(7,)))
    walk = Walk(system.good, candidate, 0)
    system.runtime.apply([wanted(candidate, walk)])
    return await_ready(system.runtime, candidate, Patience(timeout=SECONDS, poll=0.05), walk)


def wait_until_gone(system: System, name: str) -> None:
    deadline = time.monotonic() + SECONDS
    while name in system.runtime.observe():
        assert time.monotonic() < deadline, f"{name} is still there"
        time.sleep(0.05)


class RuntimeContract:
    def test_what_was_told_is_observed_as_it_was_told(self, system):
        assert applied(system, system.good).passed
        observed = system.runtime.observe()[system.good.application]
        assert (observed.status, observed.config) == ("RUNNING", serve_application(system.good))

    def test_the_endpoint_names_the_bundle(self, system):
        applied(system, system.good)
        live = system.runtime.live(system.good.route)
        assert (live.ready, live.digest) == (True, system.good.bundle_digest)
        assert (live.version, live.refused) == (system.good.model_version, None)

    def test_telling_it_twice_is_telling_it_once(self, system):
        applied(system, system.good)
        since = system.runtime.live(system.good.route).since
        assert applied(system, system.good).passed
        assert system.runtime.live(system.good.route).since == since

    def test_the_next_bundle_takes_the_place_of_the_last(self, system):
        applied(system, system.good)
        assert applied(system, system.better).passed
        assert system.runtime.live(system.better.route).digest == system.better.bundle_digest

    def test_a_damaged_bundle_is_refused_and_the_last_one_answers(self, system):
        applied(system, system.good)
        verdict = applied(system, system.damaged)
        assert not verdict.passed
        assert verdict.message.startswith("refused by the endpoint: ")
        live = system.runtime.live(system.good.route)
        assert (live.digest, live.refused.digest) == (
            system.good.bundle_digest,
            system.damaged.bundle_digest,
        )

    def test_a_refusal_is_forgotten_with_the_next_good_bundle(self, system):
        applied(system, system.good)
        applied(system, system.damaged)
        assert applied(system, system.good).passed
        assert system.runtime.live(system.good.route).refused is None

    def test_a_candidate_stands_beside_what_is_live_at_its_share(self, system):
        applied(system, system.good)
        assert walked(system, system.better).passed
        live = system.runtime.live(system.good.route)
        assert live.digest == system.good.bundle_digest
        assert (live.beside.digest, live.beside.weight) == (system.better.bundle_digest, 0.07)
        assert applied(system, system.better).passed
        assert system.runtime.live(system.good.route).beside is None

    def test_a_damaged_candidate_is_refused_by_name_and_stands_beside_nothing(self, system):
        applied(system, system.good)
        verdict = walked(system, system.damaged)
        assert not verdict.passed
        assert verdict.message.startswith("refused by the endpoint: ")
        live = system.runtime.live(system.good.route)
        assert (live.digest, live.beside) == (system.good.bundle_digest, None)

    def test_what_is_left_out_goes_away(self, system):
        applied(system, system.good)
        system.runtime.apply([])
        wait_until_gone(system, system.good.application)
        assert system.runtime.live(system.good.route) is None

    def test_two_applications_of_one_route_are_refused(self, system):
        twice = [serve_application(system.good), serve_application(system.good) | {"name": "x"}]
        with pytest.raises(ApplyRefused, match="uplicate"):
            system.runtime.apply(twice)

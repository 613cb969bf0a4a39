"""One story on every adapter: promoted, merged, deployed, found slow, taken back, held, let go."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gitops.budget import LatencyBudget
from gitops.conditions import Reason
from gitops.errors import DigestHeld
from gitops.forge import Forge
from gitops.holds import held, lift, read_holds
from gitops.manifest import ReleaseManifest, manifest_path
from gitops.readiness import Patience
from gitops.reconcile import Reconciler, Report
from gitops.runtime import Runtime
from gitops.serve_runtime import ServeRuntime
from resources.artifacts import Artifacts
from resources.endpoint import EndpointVerifier
from serving.bundle import write_bundle
from tests.support.bundles import line_contents
from tests.support.forges import ADAPTERS
from tests.support.ray_head import RayHead, ray_head
from tests.support.releases import Judge, bring, manifest, patience, serving

BASE_PORT = 8391
# Wide enough for a busy machine; the delay that is injected is longer whatever the machine does.
BUDGET = LatencyBudget(rate=20, seconds=2, p50_ms=1900, p95_ms=1900, p99_ms=1900)
Make = Callable[..., ReleaseManifest]


@dataclass(frozen=True)
class Place:
    """`make(version, environment, **fields)` gives the manifest of version `a` or `b`."""

    forge: Forge
    runtime: Runtime
    reconciler: Reconciler
    make: Make

    def settle(self, wanted: ReleaseManifest) -> Report:
        """Release a manifest, merge what became a promotion, and let one pass do the rest."""
        released = bring(self.forge, wanted)
        if released.promotion:
            assert released.promotion.state == "open", released.promotion
            self.forge.merge(released.promotion.number, "ann")
        return self.reconciler.reconcile(wanted.environment, wanted.model)

    def live(self, of: ReleaseManifest) -> str:
        found = self.runtime.live(of.route)
        return found.digest if found else ""


def told(place: Place, slow_ms: int) -> None:
    """The story itself; `slow_ms` is a delay that the judge does not allow."""
    forge, make = place.forge, place.make
    first = make("a", "production")
    assert place.settle(make("a", "staging")).outcome.reason == Reason.HEALTHY
    assert place.settle(first).outcome.reason == Reason.HEALTHY
    merged = forge.promotions("merged")[-1]
    assert forge.head() == merged.merged_as

    assert place.settle(make("b", "staging")).outcome.reason == Reason.HEALTHY
    slow = place.settle(make("b", "production", fault_delay_ms=slow_ms))
    assert slow.outcome.reason == Reason.ROLLED_BACK
    commit = forge.last_change(manifest_path("production", first.model), forge.head())
    assert commit is not None
    assert commit.trailers["Failed-Revision"] == forge.promotions("merged")[-1].merged_as
    assert place.live(first) == first.bundle_digest

    second = make("b", "production")
    holds = read_holds(forge, "production", first.model, forge.head())
    assert held(holds, second.bundle_digest)
    with pytest.raises(DigestHeld, match="is held in production"):
        bring(forge, second)
    lift(forge, "production", first.model, second.bundle_digest, "ann")
    assert place.settle(second).outcome.reason == Reason.HEALTHY
    assert place.live(second) == second.bundle_digest


@pytest.fixture(params=ADAPTERS)
def forge(request, tmp_path: Path) -> Iterator[Forge]:
    with ADAPTERS[request.param](tmp_path) as hosted:
        yield hosted.opened()


def test_the_story(forge: Forge, serve, tmp_path: Path):
    with ServeRuntime(serve.api, serve.endpoint) as runtime:
        judge, lock = Judge(serve.endpoint), tmp_path / "lock"
        reconciler = Reconciler(forge, runtime, judge, lock, patience=patience())
        told(Place(forge, runtime, reconciler, manifest), slow_ms=200)


@pytest.fixture(scope="module")
def head() -> Iterator[RayHead]:
    with ray_head(BASE_PORT) as running:
        yield running


@pytest.mark.e2e
def test_the_story_on_real_serve(forge: Forge, head: RayHead, tmp_path: Path):
    artifacts = Artifacts(tmp_path / "artifacts")

    def make(version: str, environment: str, **fields) -> ReleaseManifest:
        bundle = write_bundle(artifacts.bundles("line"), line_contents(ord(version)))
        return serving(bundle, environment, model_version=version, latency=BUDGET, **fields)

    with ServeRuntime(head.api, head.serve, head.token) as runtime:
        reconciler = Reconciler(
            forge,
            runtime,
            EndpointVerifier(head.serve, artifacts),
            tmp_path / "lock",
            restore_verifier=EndpointVerifier(head.serve, artifacts, load=False),
            patience=Patience(timeout=120, poll=0.2),
        )
        told(Place(forge, runtime, reconciler, make), slow_ms=2000)

"""The reconciler's story once more, on real Ray Serve and with the judge that production has."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gitops.budget import LatencyBudget
from gitops.conditions import Reason
from gitops.local_forge import LocalForge
from gitops.manifest import ReleaseManifest
from gitops.readiness import Patience
from gitops.reconcile import Reconciler, Report
from gitops.serve_runtime import ServeRuntime
from resources.artifacts import Artifacts
from resources.endpoint import EndpointVerifier
from serving.bundle import write_bundle
from tests.support.asking import asking
from tests.support.bundles import line_contents
from tests.support.ray_head import RayHead, ray_head
from tests.support.releases import SEED, bring, serving

BASE_PORT = 8361
# Wide enough for a busy machine; the delay that is injected is longer whatever the machine does.
BUDGET = LatencyBudget(rate=20, seconds=2, p50_ms=1900, p95_ms=1900, p99_ms=1900)
DELAY_MS = 2000

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def head() -> Iterator[RayHead]:
    with ray_head(BASE_PORT) as running:
        yield running


@dataclass(frozen=True)
class Place:
    forge: LocalForge
    runtime: ServeRuntime
    reconciler: Reconciler
    artifacts: Artifacts

    def manifest(self, bias: float, **fields) -> ReleaseManifest:
        bundle = write_bundle(self.artifacts.bundles("line"), line_contents(bias))
        return serving(bundle, model_version=f"{bias:.0f}", latency=BUDGET, **fields)

    def settle(self, wanted: ReleaseManifest) -> Report:
        bring(self.forge, wanted)
        return self.reconciler.reconcile("staging", "line")


@pytest.fixture
def place(head: RayHead, tmp_path: Path) -> Iterator[Place]:
    artifacts = Artifacts(tmp_path / "artifacts")
    forge = LocalForge.create(tmp_path / "gitops.git", SEED)
    with ServeRuntime(head.api, head.serve, head.token) as runtime:
        reconciler = Reconciler(
            forge,
            runtime,
            EndpointVerifier(head.serve, artifacts),
            tmp_path / "lock",
            restore_verifier=EndpointVerifier(head.serve, artifacts, load=False),
            patience=Patience(timeout=120, poll=0.2),
        )
        yield Place(forge, runtime, reconciler, artifacts)


def test_bad_versions_are_taken_back_while_the_good_one_answers(head: RayHead, place: Place):
    good, slow = place.manifest(0), place.manifest(1, fault_delay_ms=DELAY_MS)
    damaged = place.manifest(2)
    model = place.artifacts.bundle_folder("line", damaged.bundle_digest) / "model.onnx"
    model.write_bytes(b"something else")

    first = place.settle(good)
    assert first.outcome.reason == Reason.HEALTHY, first
    row = {"instances": [{"a": 1, "b": 2}]}
    with asking(f"{head.serve}/staging/line/invocations", row) as caller:
        too_slow = place.settle(slow)
        refused = place.settle(damaged)

    assert too_slow.outcome.reason == refused.outcome.reason == Reason.ROLLED_BACK
    assert {v.check for v in too_slow.verdicts if not v.passed} >= {"latency_p99"}
    assert "refused by the endpoint: CorruptFile" in refused.verdicts[0].message
    assert caller.failures == []
    assert {answer.status_code for answer in caller.answers} == {200}
    assert {answer.headers["x-model-version"] for answer in caller.answers} == {"0", "1"}
    assert place.runtime.live(good.route).digest == good.bundle_digest


def test_what_was_deleted_by_hand_comes_back(place: Place):
    wanted = place.manifest(3)
    assert place.settle(wanted).outcome.reason == Reason.HEALTHY
    place.runtime.apply([])
    assert place.reconciler.reconcile("staging", "line").outcome.reason == Reason.HEALED
    assert place.runtime.live(wanted.route).digest == wanted.bundle_digest

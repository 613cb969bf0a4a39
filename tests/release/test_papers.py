"""What a release carries is what was judged, and what the specification asks to be served."""

from dataclasses import replace

import pytest

from gitops.budget import LatencyBudget
from gitops.canary import CanaryPolicy
from gitops.conditions import Verdict
from gitops.errors import EvidenceMismatch, GateNotPassed
from gitops.evidence import Evidence, Figure, SliceFigure
from gitops.manifest import parse, render
from gitops.promotion import check_evidence
from platform_assets.release.papers import evidence_of, manifest_of
from tests.support.releases import digest
from tests.support.tiny import tiny

ENTRY = {
    "bundle_digest": digest("a"),
    "bundle_uri": f"file:///bundles/{'a' * 64}",
    "model_version": "3",
    "training_set_version": 7,
    "code_commit": "c" * 40,
    "candidate_key": "c" * 64,
}
REPORT = {"mlflow_run": "run-a", "report": "http://127.0.0.1:5000/report.html"}
GATE = Verdict("roc_auc_reaches", True, "roc_auc", 0.8, 0.7, message="it does")
JUDGEMENT = {
    "bundle_digest": digest("a"),
    "code_commit": "c" * 40,
    "champion": None,
    "gates": [GATE.to_dict()],
    "figures": [
        {"metric": "roc_auc", "value": 0.8, "low": 0.7, "high": 0.9, "champion": None}
        | {"baselines": {"dummy": 0.5}}
    ],
    "slices": [
        {"column": "channel", "value": "web", "rows": 90, "metric": "roc_auc"}
        | {"score": 0.75, "low": 0.7, "high": 0.8}
    ],
}
SERVING = {
    "replicas": 2,
    "cpus": 1.5,
    "max_ongoing_requests": 9,
    "latency": {"rate": 30, "seconds": 4, "p50_ms": 10, "p95_ms": 20, "p99_ms": 30},
}


def papers(environment="staging", endpoint=(), **judged):
    manifest = manifest_of(tiny(), environment, ENTRY, REPORT)
    return manifest, evidence_of(manifest, JUDGEMENT | judged, REPORT, endpoint)


def test_the_manifest_asks_for_what_the_specification_says():
    manifest = manifest_of(tiny(serving=SERVING), "staging", ENTRY, REPORT)
    assert (manifest.replicas, manifest.cpus, manifest.max_ongoing_requests) == (2, 1.5, 9)
    assert manifest.latency == LatencyBudget(rate=30, seconds=4, p50_ms=10, p95_ms=20, p99_ms=30)


@pytest.mark.parametrize(
    ("environment", "canary"),
    [("staging", None), ("production", CanaryPolicy(steps=(10, 30), samples=50))],
)
def test_a_canary_is_asked_for_where_the_specification_says(environment, canary):
    folder = tiny(serving={"canary": {"steps": [10, 30], "samples": 50}})
    manifest = manifest_of(folder, environment, ENTRY, REPORT)
    assert manifest.canary == canary
    assert parse(render(manifest), manifest.path) == manifest


def test_the_defaults_of_a_canary_are_one_set():
    folder = tiny(serving={"canary": {}})
    assert manifest_of(folder, "production", ENTRY, REPORT).canary == CanaryPolicy()


def test_the_manifest_names_bundle_run_and_rows():
    manifest, _ = papers("production")
    assert (manifest.model, manifest.environment) == ("tiny", "production")
    assert (manifest.bundle_digest, manifest.model_version) == (digest("a"), "3")
    assert (manifest.evaluation_run, manifest.data_version) == ("run-a", "training_set@7")
    assert manifest.previous_digest is None


def test_the_manifest_is_one_that_git_accepts():
    manifest, _ = papers()
    assert parse(render(manifest), manifest.path) == manifest


def test_the_evidence_speaks_for_its_manifest():
    manifest, evidence = papers()
    check_evidence(manifest, evidence)
    assert evidence.gates == (GATE,)
    assert evidence.figures == (Figure("roc_auc", 0.8, 0.7, 0.9, None, {"dummy": 0.5}),)
    assert evidence.slices == (SliceFigure("channel", "web", 90, "roc_auc", 0.75, 0.7, 0.8),)
    assert evidence.report == REPORT["report"]


def test_a_judgement_of_another_bundle_speaks_for_nobody():
    manifest, evidence = papers(bundle_digest=digest("b"))
    with pytest.raises(EvidenceMismatch, match="bundle_digest"):
        check_evidence(manifest, evidence)


def test_a_judgement_with_a_failed_gate_releases_nothing():
    failed = replace(GATE, passed=False, observed=0.6)
    manifest, evidence = papers(gates=[failed.to_dict()])
    with pytest.raises(
        GateNotPassed, match=r"gate 'roc_auc_reaches' failed: .* was 0.6, allowed 0.7"
    ):
        check_evidence(manifest, evidence)


def test_a_judgement_without_gates_releases_nothing():
    manifest, evidence = papers(gates=[])
    with pytest.raises(GateNotPassed, match="the evidence has no gates"):
        check_evidence(manifest, evidence)


def test_what_the_endpoint_of_staging_showed_goes_along_to_production():
    seen = Verdict("latency_p99", True, "p99", 12.0, 150.0, "ms")
    _, evidence = papers("production", [seen])
    assert Evidence.from_json(evidence.to_json(), evidence.path).endpoint == (seen,)
    assert "12 ms | 150 ms" in evidence.markdown()

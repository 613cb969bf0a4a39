"""Releases to reconcile: manifests with evidence, a world to bring them into, and a judge."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from gitops.conditions import Verdict
from gitops.evidence import Evidence
from gitops.forge import Forge
from gitops.local_forge import LocalForge
from gitops.manifest import ReleaseManifest, evidence_path, render
from gitops.promotion import Release, release
from gitops.readiness import Patience
from gitops.reconcile import Reconciler
from gitops.serve_runtime import ServeRuntime
from serving.bundle import Bundle
from tests.support.fake_serve import GOOD_ANSWER, FakeServe

CHECKOUT = Path(__file__).resolve().parents[2]
POLICY = (CHECKOUT / "gitops/environments/policy.yaml").read_text()
SEED = {"gitops/environments/policy.yaml": POLICY}
ALLOWED_MS = 150.0


def digest(letter: str) -> str:
    """A bundle digest that a reader of a failing test can tell from the others."""
    return "sha256:" + letter * 64


def manifest(
    letter: str = "a", environment: str = "staging", model: str = "fraud", **fields: Any
) -> ReleaseManifest:
    defaults: dict[str, Any] = {
        "bundle_uri": f"file:///bundles/{letter * 64}",
        "model_version": str(int(letter, 16) - 9),
        "evaluation_run": f"run-{letter}",
        "data_version": "cleaned=3",
        "previous_digest": None,
        "replicas": 1,
        "cpus": 0.5,
        "max_ongoing_requests": 64,
    }
    return ReleaseManifest(
        model=model, environment=environment, bundle_digest=digest(letter), **(defaults | fields)
    )


def serving(bundle: Bundle, environment: str = "staging", **fields: Any) -> ReleaseManifest:
    """A manifest that serves a bundle on disk with a tenth of a processor."""
    named = {"bundle_digest": bundle.digest, "bundle_uri": bundle.folder.as_uri(), "cpus": 0.1}
    return replace(manifest("a", environment, bundle.signature.model), **(named | fields))


def evidence(of: ReleaseManifest, *gates: Verdict) -> Evidence:
    return Evidence(
        model=of.model,
        environment=of.environment,
        bundle_digest=of.bundle_digest,
        model_version=of.model_version,
        evaluation_run=of.evaluation_run,
        data_version=of.data_version,
        code_version="0" * 40,
        previous_digest=of.previous_digest,
        gates=gates or (Verdict("quality", True, "average_precision", 0.8, 0.7),),
    )


def bring(forge: Forge, wanted: ReleaseManifest) -> Release:
    """Release a manifest with evidence that speaks for it."""
    return release(forge, wanted, evidence(wanted))


@dataclass(frozen=True)
class Judge:
    """A verifier that asks the endpoint once: is the answer right, did it take too long?"""

    endpoint: str

    def verify(self, manifest: ReleaseManifest, route: str) -> Sequence[Verdict]:
        try:
            url = f"{self.endpoint}{route}/invocations"
            asked = httpx.post(url, json={}, timeout=60, trust_env=False)
            answer = asked.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            return [Verdict("golden", False, "score", None, GOOD_ANSWER, message=str(error))]
        score, took = answer["predictions"][0], float(answer["took_ms"])
        return [
            Verdict("golden", score == GOOD_ANSWER, "score", score, GOOD_ANSWER),
            Verdict("latency", took <= ALLOWED_MS, "p99", took, ALLOWED_MS, "ms"),
        ]


@dataclass(frozen=True)
class World:
    """A repository, a running system and the reconciler between them."""

    forge: LocalForge
    serve: FakeServe
    runtime: ServeRuntime
    reconciler: Reconciler
    lock: Path

    def bring(self, letter: str, environment: str = "staging", **fields: Any) -> Release:
        return bring(self.forge, manifest(letter, environment, **fields))

    def staging(self, letter: str, **fields: Any) -> None:
        """Release to staging and let it settle."""
        self.bring(letter, **fields)
        self.reconciler.reconcile("staging", "fraud")

    def approve(self, letter: str, **fields: Any) -> str:
        """Release to production and merge the promotion."""
        promotion = self.bring(letter, "production", **fields).promotion
        assert promotion is not None
        return self.forge.merge(promotion.number, "ann")

    def by_hand(self, letter: str, evidence: str, environment: str = "staging") -> None:
        """Push a manifest past every gate, with this as its evidence, and let it settle."""
        wanted = manifest(letter, environment)
        files = {wanted.path: render(wanted), evidence_path(environment, wanted.model): evidence}
        self.forge.commit(self.forge.head(), files, "By hand")
        self.reconciler.reconcile(environment, wanted.model)

    def neighbour(self, environment: str = "staging") -> None:
        """Name another model too, so that the environment is never empty."""
        other = manifest("f", environment, "other")
        self.forge.commit(self.forge.head(), {other.path: render(other)}, "Add a neighbour")

    def drop(self, environment: str = "staging") -> None:
        """Remove the manifest by hand."""
        path = manifest(environment=environment).path
        self.forge.commit(self.forge.head(), {path: None}, "Remove")

    def present(self, environment: str = "staging") -> str | None:
        """The manifest at main's head."""
        path = manifest(environment=environment).path
        return self.forge.read(path, self.forge.head())


def patience(looks: int = 50) -> Patience:
    """Waits for a number of looks and for no time at all."""
    ticks = itertools.count()
    return Patience(float(looks), clock=lambda: float(next(ticks)), pause=lambda _: None)


def world(folder: Path, serve: FakeServe, forge: Any = None, **options: Any) -> World:
    forge = forge or LocalForge.create(folder / "gitops.git", SEED)
    runtime = ServeRuntime(serve.api, serve.endpoint)
    lock = folder / "reconcile.lock"
    settings = {"verifier": Judge(serve.endpoint), "patience": patience()} | options
    reconciler = Reconciler(forge, runtime, lock=lock, **settings)
    return World(forge, serve, runtime, reconciler, lock)


def with_options(of: World, **options: Any) -> World:
    """The same world with a reconciler of other habits."""
    settings = {"verifier": Judge(of.serve.endpoint), "patience": patience()} | options
    return replace(of, reconciler=Reconciler(of.forge, of.runtime, lock=of.lock, **settings))


def elsewhere(of: World, lock: Path, **options: Any) -> World:
    """The same world as a reconciler on another machine sees it: with a lock file of its own."""
    return with_options(replace(of, lock=lock), **options)

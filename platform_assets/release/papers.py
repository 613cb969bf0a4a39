"""What a release carries: the manifest that says what to serve, the evidence that says why."""

from collections.abc import Mapping, Sequence
from typing import Any

from gitops.budget import LatencyBudget
from gitops.canary import CanaryPolicy
from gitops.conditions import Verdict
from gitops.evidence import Evidence, Figure, SliceFigure
from gitops.manifest import ReleaseManifest
from platform_assets.folder import ModelFolder
from platform_assets.spec.serving import Serving

Facts = Mapping[str, Any]


def manifest_of(
    folder: ModelFolder, environment: str, entry: Facts, report: Facts
) -> ReleaseManifest:
    """The manifest for a bundle; `previous_digest` is filled in from git when it is written.

    `entry` and `report` are what the registry entry and the evaluation report materialized with.
    """
    serving = folder.spec.serving
    return ReleaseManifest(
        model=folder.name,
        environment=environment,
        bundle_digest=entry["bundle_digest"],
        bundle_uri=entry["bundle_uri"],
        model_version=entry["model_version"],
        evaluation_run=report["mlflow_run"],
        data_version=f"training_set@{entry['training_set_version']}",
        previous_digest=None,
        replicas=serving.replicas,
        cpus=serving.cpus,
        max_ongoing_requests=serving.max_ongoing_requests,
        depends_on=tuple(sorted(set(serving.depends_on))),
        latency=LatencyBudget(**serving.latency.model_dump()),
        canary=canary_of(serving, environment),
    )


def canary_of(serving: Serving, environment: str) -> CanaryPolicy | None:
    """How a version takes over in an environment; None: at once."""
    stated = serving.canary
    if stated is None or environment not in stated.environments:
        return None
    return CanaryPolicy(**stated.model_dump(exclude={"environments"}))


def evidence_of(
    manifest: ReleaseManifest,
    judgement: Facts,
    report: Facts,
    endpoint: Sequence[Verdict] = (),
    reason: str = "",
) -> Evidence:
    """The evidence for a manifest, from the judgement that the evaluation stored.

    `reason` is what the run that trained was started for.
    """
    return Evidence(
        model=manifest.model,
        environment=manifest.environment,
        bundle_digest=judgement["bundle_digest"],
        model_version=manifest.model_version,
        evaluation_run=manifest.evaluation_run,
        data_version=manifest.data_version,
        code_version=judgement["code_commit"],
        previous_digest=None,
        gates=tuple(Verdict.from_dict(item) for item in judgement["gates"]),
        figures=tuple(Figure(**item) for item in judgement["figures"]),
        slices=tuple(SliceFigure(**item) for item in judgement["slices"]),
        endpoint=tuple(endpoint),
        report=report["report"],
        reason=reason,
    )

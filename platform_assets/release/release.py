"""Releasing the judged candidate into one environment: what all releasing assets do."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import dagster as dg

from gitops import promotion
from gitops.conditions import Verdict
from gitops.errors import EnvironmentFrozen, GitopsError, StillSoaking
from gitops.evidence import Evidence
from gitops.forge import Forge
from gitops.manifest import ReleaseManifest
from gitops.promotion import Release
from platform_assets.errors import SlipwayError
from platform_assets.folder import ModelFolder
from platform_assets.lineage import latest
from platform_assets.model import evaluation_report
from platform_assets.model.contenders import champion_digest
from platform_assets.release.asking import asked_by, tags_of
from platform_assets.release.papers import evidence_of, manifest_of
from platform_assets.release.proof import prove, require_champion
from platform_assets.release.provenance import require_committed
from platform_assets.release.stages import Stage
from platform_assets.run_tags import REASON_TAG
from resources.artifacts import Artifacts
from resources.checkout import Checkout
from resources.errors import ResourceError

Event: TypeAlias = dg.MaterializeResult | dg.AssetObservation


@dataclass(frozen=True)
class Desk:
    """Where the papers of a candidate come together."""

    instance: dg.DagsterInstance
    forge: Forge
    artifacts: Artifacts
    checkout: Checkout


@dataclass(frozen=True)
class Papers:
    """What a release carries into git."""

    manifest: ReleaseManifest
    evidence: Evidence


def release(
    context: dg.AssetExecutionContext, folder: ModelFolder, stage: Stage, desk: Desk
) -> Iterator[Event]:
    """Commit or propose the candidate; while it is too early say so, and materialize nothing.

    Raises
    ------
    GateError, ChampionReplaced, CodeNotCommitted
        As `prepare`; git is not touched.
    GitopsError
        If the bundle is held, or an earlier environment has not proven it.
    """
    papers = prepare(desk, folder, stage)
    author = asked_by(desk.instance, context.run.tags, folder.key("registry_entry"))
    try:
        released = promotion.release(desk.forge, papers.manifest, papers.evidence, author)
    except (EnvironmentFrozen, StillSoaking) as error:
        context.log.warning("not yet, the sensor %s_releases tries again: %s", folder.group, error)
        yield dg.AssetObservation(folder.key(stage.release), metadata={"waits": str(error)})
        return
    yield result(folder, stage.release, released)


def prepare(desk: Desk, folder: ModelFolder, stage: Stage) -> Papers:
    """Prove every check again for the exact candidate, and write its papers.

    Raises
    ------
    GateError
        If a check has no passing result for the candidate.
    ChampionReplaced
        If production serves another bundle by now than the one it was judged against.
    CodeNotCommitted
        Behind the first environment, if nobody could find its code again.
    """
    entry = latest(desk.instance, folder.key("registry_entry"))
    report = latest(desk.instance, folder.key("evaluation_report"))
    model, digest = folder.name, entry["bundle_digest"]
    if stage.earlier:
        code = desk.checkout.code(model)
        require_committed(model, digest, entry["code_commit"], code, desk.checkout.root)
    prove(desk.instance, folder, entry)
    stored = desk.artifacts.load(
        evaluation_report.KIND, model, report["report_key"], evaluation_report.JUDGEMENT
    )
    judgement = json.loads(stored)
    require_champion(model, digest, judgement["champion"], champion_digest(desk.forge, model))
    manifest = manifest_of(folder, stage.environment, entry, report)
    endpoint = _endpoint(desk, model, stage)
    reason = tags_of(desk.instance, folder.key("candidate_model")).get(REASON_TAG, "")
    return Papers(manifest, evidence_of(manifest, judgement, report, endpoint, reason))


def objection(desk: Desk, folder: ModelFolder, stage: Stage) -> str:
    """What stands against releasing the candidate at this moment; empty if nothing does."""
    try:
        papers = prepare(desk, folder, stage)
        promotion.check(desk.forge, papers.manifest, papers.evidence)
    except (SlipwayError, ResourceError, GitopsError) as error:
        return str(error)
    return ""


def _endpoint(desk: Desk, model: str, stage: Stage) -> Sequence[Verdict]:
    """What the endpoint of the last environment before this one answered when it was proven."""
    record = desk.forge.read_record(stage.earlier[-1], model) if stage.earlier else None
    return record.verdicts if record else ()


def result(folder: ModelFolder, asset: str, released: Release) -> dg.MaterializeResult:
    """What the UI shows of a release."""
    manifest = released.manifest
    metadata: dict[str, Any] = {
        "release": released.kind,
        "bundle_digest": manifest.bundle_digest,
        "model_version": manifest.model_version,
        "replaces": manifest.previous_digest or "nothing",
    }
    if released.revision:
        metadata["commit"] = released.revision
    if released.promotion:
        metadata |= {
            "promotion": released.promotion.number,
            "state": released.promotion.state,
            "branch": released.promotion.branch,
            "evidence": dg.MetadataValue.md(released.promotion.body),
        }
    return dg.MaterializeResult(
        asset_key=folder.key(asset),
        data_version=dg.DataVersion(manifest.bundle_digest),
        metadata=metadata,
    )

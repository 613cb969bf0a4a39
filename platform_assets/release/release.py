"""Releasing the judged candidate into one environment: what both releasing assets do."""

import json
from collections.abc import Sequence
from typing import Any

import dagster as dg

from gitops import promotion
from gitops.conditions import Verdict
from gitops.forge import Forge
from gitops.promotion import Release
from platform_assets.folder import ModelFolder
from platform_assets.lineage import latest
from platform_assets.model import evaluation_report
from platform_assets.model.contenders import champion_digest
from platform_assets.release.papers import evidence_of, manifest_of
from platform_assets.release.proof import prove, require_champion
from resources.artifacts import Artifacts


def release(
    instance: dg.DagsterInstance,
    folder: ModelFolder,
    environment: str,
    forge: Forge,
    artifacts: Artifacts,
    endpoint: Sequence[Verdict] = (),
) -> Release:
    """Prove every check again for the exact candidate, then commit or propose it.

    Raises
    ------
    GateError
        If a check has no passing result for the candidate; git is not touched.
    ChampionReplaced
        If production serves another bundle by now than the one it was judged against.
    GitopsError
        If the bundle is held, or an earlier environment has not proven it.
    """
    entry = latest(instance, folder.key("registry_entry"))
    report = latest(instance, folder.key("evaluation_report"))
    prove(instance, folder, entry)
    stored = artifacts.load(
        evaluation_report.KIND, folder.name, report["report_key"], evaluation_report.JUDGEMENT
    )
    judgement = json.loads(stored)
    now = champion_digest(forge, folder.name)
    require_champion(folder.name, entry["bundle_digest"], judgement["champion"], now)
    manifest = manifest_of(folder, environment, entry, report)
    evidence = evidence_of(manifest, judgement, report, endpoint)
    return promotion.release(forge, manifest, evidence)


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

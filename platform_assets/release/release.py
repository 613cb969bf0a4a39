"""Releasing the judged candidate into one environment: what all releasing assets do."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import dagster as dg

from gitops import promotion
from gitops.conditions import Verdict
from gitops.errors import EnvironmentFrozen, GitopsError, StillSoaking
from gitops.evidence import Evidence
from gitops.forge import Forge
from gitops.manifest import ReleaseManifest
from gitops.policy import load_policy
from gitops.promotion import Release
from platform_assets.errors import SlipwayError
from platform_assets.folder import ModelFolder
from platform_assets.model import evaluation_report
from platform_assets.model.contenders import champion_digest
from platform_assets.release.asking import asked_by
from platform_assets.release.candidates import Candidate, named
from platform_assets.release.papers import evidence_of, manifest_of
from platform_assets.release.proof import Results, prove, recorded, require_champion
from platform_assets.release.provenance import require_committed
from platform_assets.release.stages import Stage
from platform_assets.run_tags import BUNDLE_TAG, REASON_TAG
from resources.artifacts import Artifacts
from resources.checkout import Checkout
from resources.errors import ResourceError

SCORE_DAYS = 2
Event: TypeAlias = dg.MaterializeResult | dg.AssetObservation


@dataclass(frozen=True)
class Desk:
    """Where the papers of a candidate come together."""

    instance: dg.DagsterInstance
    forge: Forge
    artifacts: Artifacts
    checkout: Checkout


@dataclass(frozen=True)
class Judged:
    """A candidate that has passed, and what its evaluation found."""

    candidate: Candidate
    found: Mapping[str, Any]


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
        As `judged` and `papers_of`; git is not touched.
    GitopsError
        If the bundle is held, or an earlier environment has not proven it.
    """
    candidate = named(desk.instance, folder, context.run.tags.get(BUNDLE_TAG, ""))
    found = judged(desk, folder, candidate, recorded(desk.instance, folder))
    papers = papers_of(desk, folder, stage, found)
    author = asked_by(context.run.tags, candidate.asked)
    try:
        released = promotion.release(desk.forge, papers.manifest, papers.evidence, author)
    except (EnvironmentFrozen, StillSoaking) as error:
        context.log.warning("not yet, the sensor %s_releases tries again: %s", folder.group, error)
        yield dg.AssetObservation(folder.key(stage.release), metadata={"waits": str(error)})
        return
    yield result(folder, stage.release, released)


def judged(desk: Desk, folder: ModelFolder, candidate: Candidate, of_checks: Results) -> Judged:
    """Prove every check again for the exact candidate, and read what was found.

    Raises
    ------
    GateError
        If a check has no passing result for the candidate.
    ChampionReplaced
        If production serves another bundle by now than the one it was judged against.
    """
    model, key = folder.name, candidate.report["report_key"]
    prove(folder, candidate.entry, of_checks)
    stored = desk.artifacts.load(evaluation_report.KIND, model, key, evaluation_report.JUDGEMENT)
    found: Mapping[str, Any] = json.loads(stored)
    now = champion_digest(desk.forge, model)
    require_champion(model, candidate.digest, found["champion"], now)
    return Judged(candidate, found)


def papers_of(desk: Desk, folder: ModelFolder, stage: Stage, of: Judged) -> Papers:
    """Write the papers for one environment.

    Raises
    ------
    CodeNotCommitted
        Behind the first environment, if nobody could find the candidate's code again.
    """
    model, candidate = folder.name, of.candidate
    if stage.earlier:
        commit, code = candidate.entry["code_commit"], desk.checkout.code(model)
        require_committed(model, candidate.digest, commit, code, desk.checkout.root)
    manifest = manifest_of(folder, stage.environment, candidate.entry, candidate.report)
    endpoint = _endpoint(desk, model, stage)
    reason = candidate.trained.get(REASON_TAG, "")
    found = {**of.found, "gates": [*of.found["gates"], *scored(desk, folder, stage)]}
    return Papers(manifest, evidence_of(manifest, found, candidate.report, endpoint, reason))


def scored(
    desk: Desk, folder: ModelFolder, stage: Stage, clock: Callable[[], float] = time.time
) -> list[dict[str, Any]]:
    """The model's newest test score as a gate, where the policy asks for one.

    It is computed daily; an older one may count checks that have not run for long, so it counts
    nothing.
    """
    policy = load_policy(desk.forge, desk.forge.head())
    asked = policy.environment(stage.environment).test_score
    if asked is None:
        return []
    name = promotion.TEST_SCORE
    event = desk.instance.get_latest_materialization_event(folder.key(name))
    made = event.asset_materialization if event else None
    value = made.metadata["score"].value if made else None
    days = (clock() - event.timestamp) / 86_400 if event else 0.0
    counts = days <= SCORE_DAYS
    observed = float(value) if counts and isinstance(value, int | float) else None
    passed = observed is not None and observed >= asked
    old = f"the newest is {days:.0f} days old; look at the sensor {folder.group}_scoring"
    said = "" if counts else old
    return [Verdict(name, passed, "ML Test Score", observed, asked, message=said).to_dict()]


def objection(desk: Desk, folder: ModelFolder, stage: Stage, of: Judged) -> str:
    """What stands against releasing a candidate at this moment; empty if nothing does."""
    try:
        papers = papers_of(desk, folder, stage, of)
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

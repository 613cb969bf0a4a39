"""Drills as assets, each with a job and a schedule that is off until somebody turns it on."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from gitops.forge import Forge
from gitops.manifest import route_prefix
from gitops.plumbing import AUTHOR
from gitops.reconcile import Reconciler
from platform_assets.errors import DrillFailed, NotReproducible
from platform_assets.findings import Findings
from platform_assets.folder import Job, ModelFolder
from platform_assets.metadata import check_result
from platform_assets.release.asking import person
from platform_assets.release.stages import Stage
from platform_assets.reproduction.made_again import made_again
from platform_assets.reproduction.pins import pins_of
from platform_assets.run_tags import DRILL_TAG, ENVIRONMENT_TAG, MODEL_TAG
from platform_assets.watch.drills import restore
from platform_assets.watch.drills.caller import Caller
from platform_assets.watch.drills.rollback import Rollback, rollback_drill
from platform_assets.wiring import cloned
from resources.artifacts import Artifacts
from resources.lake import Lake
from resources.registry import Registry
from resources.settings import Settings
from resources.tokens import own_token
from resources.trust import endpoint_context
from serving.bundle import Bundle, open_bundle

KINDS = {"rollback": "0 5 1 * *", "restore": "0 5 2 * *", "reproduce": "0 5 3 * *"}
CHECKS = {
    "rollback": "rolls_back_and_forth",
    "restore": "live_versions_come_back",
    "reproduce": "live_version_is_made_again",
}


def name_of(kind: str) -> str:
    """The asset of a drill."""
    return f"{kind}_drill"


NAMES = tuple(map(name_of, KINDS))


def drills(folder: ModelFolder, stages: Sequence[Stage]) -> list[dg.AssetsDefinition]:
    """What the last drill of each kind found."""
    return [
        rollback_asset(folder, stages),
        restore_asset(folder, stages),
        reproduce_asset(folder, stages),
    ]


def jobs(folder: ModelFolder) -> list[Job]:
    """A job for each drill; a run of the rollback drill is a run of the model."""
    return [
        dg.define_asset_job(
            f"{folder.group}_{name_of(kind)}",
            selection=dg.AssetSelection.assets(folder.key(name_of(kind))),
            tags={
                DRILL_TAG: f"{folder.name}/{kind}",
                **({MODEL_TAG: folder.name} if kind == "rollback" else {}),
            },
            description=f"{folder.name}: the {kind} drill.",
        )
        for kind in KINDS
    ]


def schedules(made: Sequence[Job]) -> list[dg.ScheduleDefinition]:
    """Once a month each, off until turned on in the UI."""
    return [
        dg.ScheduleDefinition(
            job=job, cron_schedule=cron, default_status=dg.DefaultScheduleStatus.STOPPED
        )
        for job, cron in zip(made, KINDS.values(), strict=True)
    ]


def rollback_asset(folder: ModelFolder, stages: Sequence[Stage]) -> dg.AssetsDefinition:
    doc = """What going back to the version before and forth again took, under requests.

    Two revert commits in the first environment, or in the one that the run names. What was live
    at the beginning is live at the end.
    """

    @folder.asset(name_of("rollback"), doc, {"git"}, checks=[CHECKS["rollback"]], blocking=False)
    def rollback_drill_asset(
        context: dg.AssetExecutionContext,
        settings: dg.ResourceParam[Settings],
        forge: dg.ResourceParam[Forge],
        reconciler: dg.ResourceParam[Reconciler],
        artifacts: dg.ResourceParam[Artifacts],
    ) -> dg.MaterializeResult:
        environment = context.run.tags.get(ENVIRONMENT_TAG, stages[0].environment)
        record = forge.read_record(environment, folder.name)
        if record is None or not record.digest:
            raise DrillFailed(folder.name, "rollback", f"nothing is live in {environment}")
        found = rollback_drill(
            forge,
            lambda: reconciler.reconcile(environment, folder.name),
            caller_of(settings, artifacts, folder.name, environment, record.digest),
            environment,
            folder.name,
            person(context.run.tags) or AUTHOR,
        )
        verdict = _verdict(found.sentence(), passed=not found.failures)
        return told(folder, "rollback", verdict, figures(found))

    return rollback_drill_asset


def restore_asset(folder: ModelFolder, stages: Sequence[Stage]) -> dg.AssetsDefinition:
    doc = """What would come back if this machine's state folder were lost, and what would not.

    The repository is cloned anew; bundles answer their golden rows and tables are counted where
    the settings say they lie. Nothing is changed.
    """

    @folder.asset(name_of("restore"), doc, {"git"}, checks=[CHECKS["restore"]], blocking=False)
    def restore_drill_asset(
        settings: dg.ResourceParam[Settings],
        lake: dg.ResourceParam[Lake],
        artifacts: dg.ResourceParam[Artifacts],
    ) -> dg.MaterializeResult:
        with tempfile.TemporaryDirectory(prefix="restore-drill-") as scratch:
            parts = list(
                restore.comes_back(
                    cloned(settings, Path(scratch)),
                    artifacts,
                    lake,
                    folder.name,
                    [stage.environment for stage in stages],
                    tuple(folder.spec.serving.trusted_types),
                )
            )
        places = restore.places(settings)
        found = restore.judged(parts, places)
        return told(folder, "restore", found, restore.report(parts, places))

    return restore_drill_asset


def reproduce_asset(folder: ModelFolder, stages: Sequence[Stage]) -> dg.AssetsDefinition:
    doc = """Whether what is live can be made again from its rows, its commit and its lock.

    Trained in a process and a folder of its own, and compared on the holdout. Nothing is
    registered.
    """

    @folder.asset(
        name_of("reproduce"), doc, {"scikitlearn"}, checks=[CHECKS["reproduce"]], blocking=False
    )
    def reproduce_drill_asset(
        context: dg.AssetExecutionContext,
        settings: dg.ResourceParam[Settings],
        lake: dg.ResourceParam[Lake],
        artifacts: dg.ResourceParam[Artifacts],
        forge: dg.ResourceParam[Forge],
        registry: dg.ResourceParam[Registry],
    ) -> dg.MaterializeResult:
        environment = context.run.tags.get(ENVIRONMENT_TAG, stages[-1].environment)
        record = forge.read_record(environment, folder.name)
        if record is None or not record.digest:
            raise DrillFailed(folder.name, "reproduce", f"nothing is live in {environment}")
        version = registry.find_version(folder.name, record.digest)
        if version is None:
            unknown = f"MLflow does not know what is live in {environment}: {record.digest}"
            raise DrillFailed(folder.name, "reproduce", unknown)
        named = {"version": f"{folder.name}@{version.version}"}
        trusted, say = folder.spec.serving.trusted_types, context.log.info
        try:
            verdict = made_again(pins_of(version), lake, artifacts, trusted, settings.home, say)
        except NotReproducible as error:
            return told(folder, "reproduce", _verdict(str(error), passed=False), named)
        said = _verdict(verdict.sentence(), passed=verdict.reproduced)
        return told(folder, "reproduce", said, {**named, **verdict.to_dict()})

    return reproduce_drill_asset


def told(
    folder: ModelFolder, kind: str, found: Findings, facts: Mapping[str, Any]
) -> dg.MaterializeResult:
    """The drill and its check, with the same sentence."""
    shown = {
        name: dg.MetadataValue.json(json.loads(json.dumps(value)))
        if isinstance(value, (list, dict, tuple))
        else value
        for name, value in facts.items()
    }
    check = check_result(CHECKS[kind], found, folder.key(name_of(kind)))
    return dg.MaterializeResult(metadata={"found": found.text, **shown}, check_results=[check])


def _verdict(sentence: str, *, passed: bool) -> Findings:
    return Findings(notes=[sentence]) if passed else Findings([sentence])


def figures(found: Rollback) -> dict[str, Any]:
    return {
        "back_to": found.back.digest,
        "back_answered_seconds": found.back.answered,
        "back_proven_seconds": found.back.proven,
        "forth_answered_seconds": found.forth.answered,
        "forth_proven_seconds": found.forth.proven,
        "requests": found.requests,
        "failed_requests": len(found.failures),
        "failures": sorted(set(found.failures))[:5],
    }


def caller_of(
    settings: Settings, artifacts: Artifacts, model: str, environment: str, digest: str
) -> Caller:
    """A caller who asks the endpoint for the first golden row of what is live."""
    bundle = open_bundle(artifacts.bundle_folder(model, digest), digest)
    token = own_token(settings)
    return Caller(
        f"{settings.serve_url}{route_prefix(environment, model)}/invocations",
        body_of(bundle),
        {"Authorization": f"Bearer {token}"} if token else {},
        endpoint_context(settings),
    )


def body_of(bundle: Bundle) -> bytes:
    """The first golden row as MLflow's protocol takes it."""
    row = dict(bundle.golden.rows[0])
    return json.dumps({"dataframe_records": [row]}, allow_nan=False).encode()

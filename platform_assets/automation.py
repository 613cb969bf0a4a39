"""What starts by itself, and the buttons: jobs and sensors of one model on one screen.

Both sensors only look and ask; each decides through a pure function.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from gitops.conditions import RetryAfter
from gitops.plan import Plan
from gitops.reconcile import Reconciler
from platform_assets.data import landing
from platform_assets.data.sources.choose import source_of
from platform_assets.folder import ModelFolder
from platform_assets.identity import fingerprint
from resources.settings import Settings

MODEL_TAG = "slipway/model"
REASON_TAG = "slipway/reason"
ENVIRONMENTS = ("staging", "production")
LANDING_SECONDS = 5
DESIRED_STATE_SECONDS = 5
NIGHTLY = "30 3 * * *"


def automation(folder: ModelFolder) -> dg.Definitions:
    """The jobs, sensors and the schedule of one model."""
    pipeline, upkeep = pipeline_job(folder), upkeep_job(folder)
    deployments = {name: deployment_job(folder, name) for name in ENVIRONMENTS}
    return dg.Definitions(
        jobs=[pipeline, upkeep, *deployments.values()],
        schedules=[nightly(upkeep)],
        sensors=[landing_sensor(folder, pipeline), desired_state_sensor(folder, deployments)],
    )


def pipeline_job(folder: ModelFolder) -> UnresolvedAssetJobDefinition:
    """From the landing folder to an open promotion."""
    everything = dg.AssetSelection.groups(folder.group)
    apart = [folder.key(name) for name in ("production_deployment", "upkeep")]
    return dg.define_asset_job(
        f"{folder.group}_pipeline",
        selection=everything - dg.AssetSelection.assets(*apart),
        tags={MODEL_TAG: folder.name},
        description=f"{folder.name}: from delivered files to an open promotion.",
    )


def upkeep_job(folder: ModelFolder) -> UnresolvedAssetJobDefinition:
    """Fewer files, and none that nobody can ask for any more."""
    return dg.define_asset_job(
        f"{folder.group}_upkeep",
        selection=dg.AssetSelection.assets(folder.key("upkeep")),
        tags={MODEL_TAG: folder.name},
        description=f"{folder.name}: merge small files of its tables, and delete old ones.",
    )


def nightly(job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        job=job,
        cron_schedule=NIGHTLY,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every night at 3:30, in UTC.",
    )


def deployment_job(folder: ModelFolder, environment: str) -> UnresolvedAssetJobDefinition:
    """What git says, made live in one environment."""
    return dg.define_asset_job(
        f"{folder.group}_deploy_{environment}",
        selection=dg.AssetSelection.assets(folder.key(f"{environment}_deployment")),
        tags={MODEL_TAG: folder.name},
        description=f"{folder.name}: make {environment} what git says, and test it.",
    )


def landing_sensor(folder: ModelFolder, job: UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"{folder.group}_landing",
        job=job,
        minimum_interval_seconds=LANDING_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Starts {folder.name} when files arrive in its landing folder.",
    )
    def sensor(
        context: dg.SensorEvaluationContext, settings: dg.ResourceParam[Settings]
    ) -> dg.SensorResult | dg.SkipReason:
        source = source_of(folder, settings)
        place = source.place
        seen = json.loads(context.cursor) if context.cursor else {}
        present = {one.name: one.stamp for one in source.listing().finished}
        fresh = arrived(seen, present)
        if not fresh:
            return dg.SkipReason(f"{len(present)} files in {place}, none of them new")
        reason = f"{len(fresh)} new files in {place}"
        arrival = dg.AssetMaterialization(
            folder.key(landing.NAME), metadata={"folder": str(place), "new_files": sorted(fresh)}
        )
        return dg.SensorResult(
            run_requests=[
                dg.RunRequest(run_key=fingerprint(files=fresh), tags={REASON_TAG: reason})
            ],
            asset_events=[arrival],
            cursor=json.dumps(present),
        )

    return sensor


def arrived(seen: Mapping[str, str], present: Mapping[str, str]) -> dict[str, str]:
    """The files that are new or changed, with their size and time."""
    return {name: stamp for name, stamp in present.items() if seen.get(name) != stamp}


def desired_state_sensor(
    folder: ModelFolder, jobs: Mapping[str, UnresolvedAssetJobDefinition]
) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"{folder.group}_desired_state",
        jobs=list(jobs.values()),
        minimum_interval_seconds=DESIRED_STATE_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Deploys {folder.name} where git and the running system differ.",
    )
    def sensor(
        context: dg.SensorEvaluationContext, reconciler: dg.ResourceParam[Reconciler]
    ) -> dg.SensorResult | dg.SkipReason:
        plans = {name: reconciler.plan(name, folder.name) for name in ENVIRONMENTS}
        decision = decide(plans, unfinished_runs(context.instance, folder.name))
        if not decision.environments:
            return dg.SkipReason(decision.reason)
        requests = [
            dg.RunRequest(
                job_name=jobs[name].name,
                tags={REASON_TAG: f"{name}: {', '.join(plans[name].acts)}"},
            )
            for name in decision.environments
        ]
        return dg.SensorResult(run_requests=requests)

    return sensor


@dataclass(frozen=True)
class Decision:
    """The environments to deploy now, and the sentence for the UI."""

    environments: tuple[str, ...]
    reason: str


def decide(plans: Mapping[str, Plan], unfinished: int) -> Decision:
    """Deploy where a plan has acts, unless a run of the model is still at work on it."""
    due = tuple(name for name, plan in plans.items() if plan.acts)
    if due and unfinished:
        return Decision((), f"{unfinished} runs of this model are under way")
    if due:
        return Decision(due[:1], f"{due[0]} differs from git")
    return Decision((), "; ".join(f"{name}: {_end(plan)}" for name, plan in plans.items()))


def _end(plan: Plan) -> str:
    if plan.outcome is None:
        return "nothing to do"
    waits = (
        f" (again in {plan.outcome.seconds:g} s)" if isinstance(plan.outcome, RetryAfter) else ""
    )
    return f"{plan.outcome.message}{waits}"


def unfinished_runs(instance: dg.DagsterInstance, model: str) -> int:
    """How many runs of the model are queued, starting or running."""
    unfinished = dg.RunsFilter(tags={MODEL_TAG: model}, statuses=NOT_FINISHED_STATUSES)
    return instance.get_runs_count(unfinished)

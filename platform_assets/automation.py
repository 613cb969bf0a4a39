"""What starts by itself, and the buttons: jobs and sensors of one model on one screen.

Sensors only look and ask; each decides through a pure function.
"""

from collections.abc import Mapping, Sequence

import dagster as dg
from dagster._core.storage.tags import MAX_RUNTIME_SECONDS_TAG

from gitops.errors import ForgeUnavailable
from gitops.forge import Forge
from gitops.reconcile import Reconciler
from platform_assets.data.sensing import landing_sensor
from platform_assets.deploying import decide
from platform_assets.errors import NotMaterialized
from platform_assets.folder import Job, ModelFolder
from platform_assets.lineage import latest
from platform_assets.model.attempts import ATTEMPT_TAG, RETRY_OF_TAG, planned
from platform_assets.release.aliases import restore_aliases
from platform_assets.release.asking import person, tags_of
from platform_assets.release.batch import NAME as BATCH
from platform_assets.release.batch_predictions import batch_job
from platform_assets.release.sensing import releases_job, releases_sensor
from platform_assets.release.stages import DEFAULT, Stage, at_once
from platform_assets.retrying import Enough, Judged, decide_retry
from platform_assets.run_tags import BY_TAG, MODEL_TAG, REASON_TAG, unfinished_runs
from platform_assets.watch import practices, score
from platform_assets.watch.drills.assets import NAMES as DRILLS
from platform_assets.watch.drills.assets import jobs as drill_jobs
from platform_assets.watch.drills.assets import schedules as drill_schedules
from platform_assets.watch.retraining import retraining_sensor
from platform_assets.watch.scoring_sensor import score_job, score_sensor
from platform_assets.watch.sensing import predictions_job, predictions_sensor
from platform_assets.watch.telling import alerts_sensor
from platform_assets.watch.watching import monitoring_job, monitoring_sensor
from resources.errors import RegistryError
from resources.registry import Registry

SEARCHED = ("candidate_model", "registry_entry", "evaluation_report")
DESIRED_STATE_SECONDS = 5
RETRY_SECONDS = 30
NIGHTLY = "30 3 * * *"


def automation(
    folder: ModelFolder,
    stages: Sequence[Stage] = DEFAULT,
    checks: Sequence[dg.AssetCheckKey] = (),
) -> dg.Definitions:
    """The jobs, sensors and the schedule of one model; `checks` are all of its checks."""
    pipeline, upkeep = pipeline_job(folder, stages), upkeep_job(folder)
    deployments = {stage.environment: deployment_job(folder, stage) for stage in stages}
    logged, releases = predictions_job(folder), releases_job(folder, stages)
    watched, scored, drilling = monitoring_job(folder), score_job(folder), drill_jobs(folder)
    return dg.Definitions(
        jobs=[
            *(pipeline, upkeep, logged, watched, releases, scored, batch_job(folder)),
            *deployments.values(),
            *drilling,
        ],
        schedules=[nightly(upkeep), *drill_schedules(drilling)],
        sensors=[
            landing_sensor(folder, pipeline),
            desired_state_sensor(folder, deployments),
            alerts_sensor(folder),
            retraining_sensor(folder, pipeline),
            retry_sensor(folder, pipeline, stages),
            releases_sensor(folder, releases, stages),
            predictions_sensor(folder, logged),
            monitoring_sensor(folder, watched),
            score_sensor(folder, scored, checks),
        ],
    )


def pipeline_job(folder: ModelFolder, stages: Sequence[Stage] = DEFAULT) -> Job:
    """From the landing folder to an open promotion."""
    everything = dg.AssetSelection.groups(folder.group)
    releasing = {name for stage in stages for name in (stage.release, stage.deployment)}
    later = sorted(releasing - set(at_once(stages)))
    beside = ("upkeep", "predictions", "monitoring", practices.NAME, score.NAME, BATCH)
    apart = [folder.key(name) for name in (*later, *DRILLS, *beside)]
    return dg.define_asset_job(
        f"{folder.group}_pipeline",
        selection=everything - dg.AssetSelection.assets(*apart),
        tags={
            MODEL_TAG: folder.name,
            MAX_RUNTIME_SECONDS_TAG: str(folder.spec.training.run_seconds),
        },
        description=f"{folder.name}: from delivered files to an open promotion.",
    )


def upkeep_job(folder: ModelFolder) -> Job:
    """Fewer files, and none that nobody can ask for any more."""
    return folder.job("upkeep", "merge small files of its tables, and delete old ones.", "upkeep")


def nightly(job: Job) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        job=job,
        cron_schedule=NIGHTLY,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every night at 3:30, in UTC.",
    )


def deployment_job(folder: ModelFolder, stage: Stage) -> Job:
    """What git says, made live in one environment."""
    return folder.job(
        f"deploy_{stage.word}",
        f"make {stage.environment} what git says, and test it.",
        stage.deployment,
    )


def desired_state_sensor(folder: ModelFolder, jobs: Mapping[str, Job]) -> dg.SensorDefinition:
    @folder.sensor(
        "desired_state",
        f"Deploys {folder.name} where git and the running system differ.",
        *jobs.values(),
        seconds=DESIRED_STATE_SECONDS,
    )
    def sensor(
        context: dg.SensorEvaluationContext,
        reconciler: dg.ResourceParam[Reconciler],
        registry: dg.ResourceParam[Registry],
        forge: dg.ResourceParam[Forge],
    ) -> dg.SensorResult | dg.SkipReason:
        plans = {name: reconciler.due(name, folder.name) for name in jobs}
        unfinished = unfinished_runs(context.instance, folder.name)
        decision = decide(plans, unfinished)
        if not decision.environments:
            mended = "" if unfinished else aliases_mended(folder.name, registry, forge, list(jobs))
            return dg.SkipReason(decision.reason + mended)
        requests = [
            dg.RunRequest(
                job_name=jobs[name].name,
                tags={REASON_TAG: f"{name}: {', '.join(plans[name].acts)}"},
            )
            for name in decision.environments
        ]
        return dg.SensorResult(run_requests=requests)

    return sensor


def retry_sensor(folder: ModelFolder, job: Job, stages: Sequence[Stage]) -> dg.SensorDefinition:
    @folder.sensor(
        "retry",
        f"Searches {folder.name} once more, larger, after a judgement that failed.",
        job,
        seconds=RETRY_SECONDS,
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        unfinished = unfinished_runs(context.instance, folder.name)
        judged = newest_judgement(context.instance, folder)
        begun = begun_attempts(context.instance, judged.base) if judged else 0
        following = max(judged.attempt, begun) + 1 if judged else 1
        retry = folder.spec.retry
        decision = decide_retry(judged, begun, planned(folder, following), retry, unfinished)
        if judged is None or isinstance(decision, Enough):
            return dg.SkipReason(decision.reason)
        by = person(tags_of(context.instance, folder.key("candidate_model")))
        tags = {ATTEMPT_TAG: str(decision.attempt), RETRY_OF_TAG: judged.base}
        return dg.RunRequest(
            run_key=decision.run_key,
            tags={REASON_TAG: decision.reason, **tags, **({BY_TAG: by} if by else {})},
            asset_selection=[folder.key(name) for name in (*SEARCHED, *at_once(stages))],
        )

    return sensor


def newest_judgement(instance: dg.DagsterInstance, folder: ModelFolder) -> Judged | None:
    """What the newest candidate was judged to be; None if it was not."""
    try:
        candidate = latest(instance, folder.key("candidate_model"))
        report = latest(instance, folder.key("evaluation_report"))
    except NotMaterialized:
        return None
    return Judged.of(candidate, report)


def begun_attempts(instance: dg.DagsterInstance, base: str) -> int:
    """The last attempt that a run was started for, whatever became of it; 0 for none."""
    runs = instance.get_runs(dg.RunsFilter(tags={RETRY_OF_TAG: base}))
    return max((int(run.tags.get(ATTEMPT_TAG, 0)) for run in runs), default=0)


def aliases_mended(
    model: str, registry: Registry, forge: Forge, environments: Sequence[str]
) -> str:
    """Put right which versions MLflow's aliases name, and say so; they steer nothing."""
    try:
        moved = restore_aliases(registry, forge, model, environments)
    except (RegistryError, ForgeUnavailable) as error:
        return f"; aliases: {error}"
    return f"; aliases put right: {', '.join(moved)}" if moved else ""

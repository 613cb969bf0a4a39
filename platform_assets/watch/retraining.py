"""Starts a training when something asks for one: what the sensor looks at for the governor."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._utils.schedules import get_latest_completed_cron_tick

from gitops.forge import Forge
from platform_assets.errors import NotMaterialized
from platform_assets.folder import Job, ModelFolder
from platform_assets.lineage import latest
from platform_assets.model.contenders import champion_digest
from platform_assets.run_tags import BY_TAG, MODEL_TAG, REASON_TAG, TRIGGER_TAG, unfinished_runs
from platform_assets.watch.alerts import Alert
from platform_assets.watch.asking import asked
from platform_assets.watch.governor import DAY, Cause, Facts, Trained, Trigger, Wait, decide
from platform_assets.watch.standing import causes, standing, wrong_rows
from resources.lake import Lake

LOOK_SECONDS = 30
LIVE = "production"


def retraining_sensor(folder: ModelFolder, job: Job) -> dg.SensorDefinition:
    @folder.sensor(
        "retraining",
        f"Trains {folder.name} again when something asks for it and nothing forbids.",
        job,
        seconds=LOOK_SECONDS,
    )
    def sensor(
        context: dg.SensorEvaluationContext,
        lake: dg.ResourceParam[Lake],
        forge: dg.ResourceParam[Forge],
    ) -> dg.RunRequest | dg.SkipReason:
        now = datetime.now(UTC)
        found = standing(lake, folder, {LIVE: champion_digest(forge, folder.name)}, now)
        facts = look(folder, context.instance, found, now)
        decision = decide(facts, folder.spec.retraining)
        if isinstance(decision, Wait):
            return dg.SkipReason(decision.reason)
        by = {BY_TAG: decision.by} if decision.by else {}
        tags = {REASON_TAG: decision.reason, TRIGGER_TAG: str(decision.trigger), **by}
        return dg.RunRequest(tags=tags)

    return sensor


def look(
    folder: ModelFolder, instance: dg.DagsterInstance, found: Sequence[Alert], now: datetime
) -> Facts:
    """What asks for a training at this moment, and what the record says of the last ones.

    Runs under way are counted first: what such a run learns is no longer new once it has ended.
    """
    rule = folder.spec.retraining
    unfinished = unfinished_runs(instance, folder.name)
    rows = new_rows(instance, folder)
    due = scheduled(rule.schedule, now)
    since = min(now - DAY, now - timedelta(hours=rule.cool_down_hours), due or now)
    asking = [*asked(instance, folder, since), *causes(found, rule, now)]
    if due:
        asking.append(Cause(Trigger.SCHEDULE, f"{rule.schedule!r} came at {due:%F %R} UTC", due))
    if rule.new_data == "governed" and rows >= max(rule.minimum_new_rows, 1):
        asking.append(Cause(Trigger.NEW_DATA, f"{rows:,} clean rows", now))
    trained = list(trainings(instance, folder, since, now))
    return Facts(now, asking, trained, rows, unfinished, wrong_rows(found))


def scheduled(cron: str | None, now: datetime) -> datetime | None:
    """The last of the times at which a training is due; None without a schedule."""
    return get_latest_completed_cron_tick(cron, now, "UTC") if cron else None


def new_rows(instance: dg.DagsterInstance, folder: ModelFolder) -> int:
    """Clean rows that came after those the newest training set was made of."""
    try:
        clean: int = latest(instance, folder.key("cleaned"))["dagster/row_count"]
    except NotMaterialized:
        return 0
    try:
        known: int = latest(instance, folder.key("training_set")).get("cleaned_rows", 0)
    except NotMaterialized:
        known = 0
    return max(clean - known, 0)


def trainings(
    instance: dg.DagsterInstance, folder: ModelFolder, since: datetime, now: datetime
) -> Iterator[Trained]:
    """The runs of the model that were to train, however they were started and ended."""
    wanted = dg.RunsFilter(tags={MODEL_TAG: folder.name}, created_after=since)
    for record in instance.get_run_records(wanted):
        run = record.dagster_run
        selected = run.asset_selection
        whole = selected is None and run.job_name == f"{folder.group}_pipeline"
        if whole or folder.key("candidate_model") in (selected or ()):
            ended = record.end_time or now.timestamp()
            yield Trained(record.create_timestamp, ended - (record.start_time or ended))

"""When the test score is computed: once the checks of a run have spoken, and at least daily.

These runs are no runs of the model: they hold up no deployment, and none holds them up.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg

from platform_assets.folder import Job, ModelFolder
from platform_assets.run_tags import MODEL_TAG, REASON_TAG, SCORE_TAG, unfinished_runs
from platform_assets.watch import practices, score

LOOK_SECONDS = 30
PAUSE_SECONDS = 600.0
DAY_SECONDS = 86_400.0
# They speak with every window of the prediction log.
OFTEN = ("predictions", "monitoring")


@dataclass(frozen=True)
class Sight:
    """Times in Unix seconds, None for never: the last score, and the newest results of checks.

    `unfinished` counts runs of the model and of its score, `tried` is when the newest of the
    latter was begun.
    """

    scored: float | None
    newest: float | None
    newest_often: float | None
    unfinished: int
    now: float
    tried: float | None = None

    @property
    def failed(self) -> bool:
        """Whether the newest run ended without a score."""
        return self.tried is not None and (self.scored is None or self.tried > self.scored)


def decide(sight: Sight) -> tuple[bool, str]:
    """Whether a score is due, and the sentence for the UI."""
    results = [one for one in (sight.newest, sight.newest_often) if one is not None]
    if not results:
        return False, "no check has spoken yet"
    if sight.unfinished:
        return False, "waits for the end of a run"
    if sight.failed and sight.tried is not None and sight.now - sight.tried < PAUSE_SECONDS:
        return False, f"the last run failed; tried again {PAUSE_SECONDS:.0f} s after it began"
    if sight.scored is None:
        return True, "never computed before"
    if sight.newest is not None and sight.newest > sight.scored:
        return True, "checks have spoken since the last score"
    age = sight.now - sight.scored
    if max(results) > sight.scored and age >= PAUSE_SECONDS:
        return True, "monitors have spoken since the last score"
    return age >= DAY_SECONDS, f"computed {age:.0f} s ago"


def score_job(folder: ModelFolder) -> Job:
    """The test score, and what it looks at itself."""
    return folder.job(
        "test_score",
        "which tests of the ML Test Score are proven.",
        practices.NAME,
        score.NAME,
        tag=SCORE_TAG,
    )


def score_sensor(
    folder: ModelFolder, job: Job, keys: Sequence[dg.AssetCheckKey]
) -> dg.SensorDefinition:
    """`keys` are all checks of the model."""

    @folder.sensor(
        "scoring",
        f"Computes the test score of {folder.name} when its checks have spoken.",
        job,
        seconds=LOOK_SECONDS,
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        due, reason = decide(look(context.instance, folder, keys))
        return dg.RunRequest(tags={REASON_TAG: reason}) if due else dg.SkipReason(reason)

    return sensor


def look(
    instance: dg.DagsterInstance, folder: ModelFolder, keys: Sequence[dg.AssetCheckKey]
) -> Sight:
    """What Dagster knows now."""
    unfinished = [unfinished_runs(instance, folder.name, tag) for tag in (MODEL_TAG, SCORE_TAG)]
    tries = instance.get_run_records(dg.RunsFilter(tags={SCORE_TAG: folder.name}), limit=1)
    event = instance.get_latest_materialization_event(folder.key(score.NAME))
    others = [key for key in keys if key.asset_key != folder.key(practices.NAME)]
    newest = instance.event_log_storage.get_latest_asset_check_execution_by_key(others)
    times = {key: one.event.timestamp for key, one in newest.items() if one.event}
    often = {key for key in times if key.asset_key.path[-1] in OFTEN}
    return Sight(
        scored=event.timestamp if event else None,
        newest=max((times[key] for key in times if key not in often), default=None),
        newest_often=max((times[key] for key in often), default=None),
        unfinished=sum(unfinished),
        now=time.time(),
        tried=max((one.create_timestamp.timestamp() for one in tries), default=None),
    )

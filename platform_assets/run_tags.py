"""What a run of Dagster says about itself: the model it is for, why it was started, and by whom."""

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

MODEL_TAG = "slipway/model"
REASON_TAG = "slipway/reason"
BUNDLE_TAG = "slipway/bundle"
BY_TAG = "slipway/by"
TRIGGER_TAG = "slipway/trigger"
DRILL_TAG = "slipway/drill"
ENVIRONMENT_TAG = "slipway/environment"
PREDICTIONS_TAG = "slipway/predictions"
BATCH_TAG = "slipway/batch"
MONITORING_TAG = "slipway/monitoring"
SCORE_TAG = "slipway/test-score"


def unfinished_runs(instance: dg.DagsterInstance, model: str, tag: str = MODEL_TAG) -> int:
    """How many runs whose `tag` names the model are queued, starting or running."""
    unfinished = dg.RunsFilter(tags={tag: model}, statuses=NOT_FINISHED_STATUSES)
    return instance.get_runs_count(unfinished)


def failed_at(instance: dg.DagsterInstance, model: str, tag: str) -> float | None:
    """When the newest run whose `tag` names the model was asked for, if it failed.

    In s since 1970. One that was ended by a person, or by the end of the stack, has not failed.
    """
    for newest in instance.get_run_records(dg.RunsFilter(tags={tag: model}), limit=1):
        if newest.dagster_run.status is dg.DagsterRunStatus.FAILURE:
            return newest.create_timestamp.timestamp()
    return None

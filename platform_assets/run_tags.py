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


def unfinished_runs(instance: dg.DagsterInstance, model: str) -> int:
    """How many runs of the model are queued, starting or running."""
    unfinished = dg.RunsFilter(tags={MODEL_TAG: model}, statuses=NOT_FINISHED_STATUSES)
    return instance.get_runs_count(unfinished)

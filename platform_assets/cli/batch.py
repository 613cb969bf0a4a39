"""`slipway batch`: score clean rows by the version that git declares, and follow it to its end."""

import getpass
import time

from platform_assets.cli.console import out
from platform_assets.cli.dagster_api import DagsterApi
from platform_assets.cli.follow import follow, require_success
from platform_assets.cli.models import dagster_name, require_model
from platform_assets.release.batch import NAME, table
from platform_assets.run_tags import BATCH_TAG, BY_TAG, REASON_TAG
from resources.settings import load_settings


def batch(model: str, environment: str, *, again: bool, detach: bool) -> None:
    """Start the model's batch; unless told to `detach`, return when it has ended.

    Raises
    ------
    StackNotUp, DagsterError
        If Dagster does not answer, or has no such job.
    RunFailed, NothingStarted
        If the run failed, or none began.
    """
    require_model(model)
    settings = load_settings()
    api, began, by = DagsterApi(settings.dagster_url), time.time(), getpass.getuser()
    step = {"config": {"environment": environment, "again": again}}
    run_id = api.launch(
        f"{dagster_name(model)}_batch",
        {BATCH_TAG: model, REASON_TAG: f"asked for by {by}", BY_TAG: by},
        {"ops": {f"{dagster_name(model)}__{NAME}": step}},
    )
    out(f"started: {api.run_url(run_id)}")
    if not detach:
        require_success(api, follow(api, model, began, tag=BATCH_TAG))
        out(f"scored into {settings.lake}/{table(model)}")

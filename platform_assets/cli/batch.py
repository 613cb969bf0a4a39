"""`slipway batch`: score clean rows by the version that git declares, and follow it to its end."""

import getpass
import time

from platform_assets.cli.console import out
from platform_assets.cli.dagster_api import DagsterApi
from platform_assets.cli.errors import BatchNotSound
from platform_assets.cli.follow import follow, require_success
from platform_assets.cli.models import dagster_name, require_model
from platform_assets.cli.places import require_environment
from platform_assets.release.batch import NAME, table
from platform_assets.run_tags import BATCH_TAG, BY_TAG, REASON_TAG
from platform_assets.wiring import build_forge
from resources.settings import load_settings


def batch(model: str, environment: str, *, again: bool, detach: bool) -> None:
    """Start the model's batch; unless told to `detach`, return when it has ended.

    Raises
    ------
    typer.BadParameter
        If no environment has that name.
    StackNotUp, DagsterError
        If Dagster does not answer, or has no such job.
    RunFailed, NothingStarted
        If the run failed, or none began.
    BatchNotSound
        If a check of what was written failed.
    """
    require_model(model)
    settings = load_settings()
    if environment:
        require_environment(build_forge(settings), environment)
    api, began, by = DagsterApi(settings.dagster_url), time.time(), getpass.getuser()
    step = {"config": {"environment": environment, "again": again}}
    run_id = api.launch(
        f"{dagster_name(model)}_batch",
        {BATCH_TAG: model, REASON_TAG: f"asked for by {by}", BY_TAG: by},
        {"ops": {f"{dagster_name(model)}__{NAME}": step}},
    )
    out(f"started: {api.run_url(run_id)}")
    if not detach:
        ended = follow(api, model, began, tag=BATCH_TAG)
        require_success(api, ended)
        out(f"scored into {settings.lake}/{table(model)}")
        _require_sound(api, model, ended.run_id)


def _require_sound(api: DagsterApi, model: str, run_id: str) -> None:
    """Tell of each check that did not pass; only those that warn let the command end well."""
    missed = [one for one in api.found(run_id) if not one.passed]
    for one in missed:
        out(f"{'warning' if one.warns else 'failed'}: {one.check}: {one.sentence}")
    failed = [one.check for one in missed if not one.warns]
    if failed:
        raise BatchNotSound(model, ", ".join(failed), api.run_url(run_id))

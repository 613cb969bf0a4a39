"""`slipway drill`: practise what one hopes never to need, and say what it took."""

import getpass
import time
from typing import Literal

from platform_assets.cli.console import Progress, out
from platform_assets.cli.dagster_api import DagsterApi, Run
from platform_assets.cli.errors import DrillNotPassed
from platform_assets.cli.follow import LOOK_SECONDS, require_success
from platform_assets.cli.models import dagster_name, require_model
from platform_assets.cli.places import require_environment
from platform_assets.run_tags import BY_TAG, DRILL_TAG, ENVIRONMENT_TAG, MODEL_TAG, REASON_TAG
from platform_assets.wiring import build_forge
from resources.settings import load_settings

Kind = Literal["rollback", "restore", "reproduce"]


def drill(kind: Kind, model: str, environment: str | None) -> None:
    """Run a drill as a job of Dagster, so that it is on record, and print what it found.

    Raises
    ------
    typer.BadParameter
        If no environment has that name.
    StackNotUp, DagsterError
        If Dagster does not answer.
    RunFailed
        If the drill could not be done.
    DrillNotPassed
        If it was done and found what would not have worked.
    """
    require_model(model)
    settings = load_settings()
    if environment:
        require_environment(build_forge(settings), environment)
    api, by = DagsterApi(settings.dagster_url), getpass.getuser()
    tags = {
        DRILL_TAG: f"{model}/{kind}",
        REASON_TAG: f"asked for by {by}",
        BY_TAG: by,
        **({MODEL_TAG: model} if kind == "rollback" else {}),
        **({ENVIRONMENT_TAG: environment} if environment else {}),
    }
    run_id = api.launch(f"{dagster_name(model)}_{kind}_drill", tags)
    ended = _ended(api, run_id, tags[DRILL_TAG])
    require_success(api, ended)
    for one in api.found(ended.run_id):
        if not (one.passed or one.warns):
            raise DrillNotPassed(kind, model, one.sentence, api.run_url(ended.run_id))
        out(f"{'' if one.passed else 'warning: '}{kind} drill of {model}: {one.sentence}")
    out(f"all of it: {api.run_url(ended.run_id)}")


def _ended(api: DagsterApi, run_id: str, drill_tag: str) -> Run:
    """The run once it has ended, or the one that took its place when its process died."""
    with Progress() as progress:
        progress.status(f"{drill_tag}: under way, {api.run_url(run_id)}")
        while True:
            ours = [one for one in api.runs({DRILL_TAG: drill_tag}) if one.root_id == run_id]
            if ours and not (ours[0].unfinished or ours[0].will_be_retried):
                return ours[0]
            time.sleep(LOOK_SECONDS)

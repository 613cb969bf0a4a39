"""`slipway run`: deliver a file, or start a model's pipeline in the running Dagster."""

import getpass
import shutil
from fnmatch import fnmatch
from pathlib import Path

from platform_assets.cli.console import out
from platform_assets.cli.dagster_api import DagsterApi
from platform_assets.cli.errors import DeliveryRefused
from platform_assets.cli.models import delivery_pattern, pipeline_job, require_model
from resources.settings import load_settings

MODEL_TAG = "slipway/model"
REASON_TAG = "slipway/reason"


def run(model: str, file: Path | None) -> None:
    """Deliver `file` if there is one (the sensor starts the run), else start the pipeline now.

    Raises
    ------
    StackNotUp, DagsterError
        If Dagster does not answer, or has no such job.
    DeliveryRefused
        If the model does not take files of this name, or the file cannot be copied.
    """
    require_model(model)
    settings = load_settings()
    if file is not None:
        placed = deliver(file, settings.landing / model, delivery_pattern(model))
        out(f"delivered as {placed}; a run starts within seconds while the stack is up")
        return
    api = DagsterApi(settings.dagster_url)
    tags = {MODEL_TAG: model, REASON_TAG: f"asked for by {getpass.getuser()}"}
    out(f"started: {api.run_url(api.launch(pipeline_job(model), tags))}")


def deliver(file: Path, folder: Path, pattern: str) -> Path:
    """Copy a file into a landing folder; it appears whole or not at all.

    Its time of modification is kept, so that an old file is not taken for one that still grows.
    """
    if not file.is_file():
        raise DeliveryRefused(file, "it is no file")
    if not fnmatch(file.name, pattern):
        raise DeliveryRefused(file, f"got the name {file.name!r}, expected {pattern!r}")
    placed, hidden = folder / file.name, folder / f".{file.name}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, hidden)
        hidden.replace(placed)
    except OSError as error:
        raise DeliveryRefused(file, f"{error.strerror} ({folder})") from error
    return placed

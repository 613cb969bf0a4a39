"""`slipway run`: deliver a file, or start a model's pipeline, and follow it to staging."""

import getpass
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from platform_assets.cli.console import out
from platform_assets.cli.dagster_api import DagsterApi
from platform_assets.cli.errors import DeliveryRefused
from platform_assets.cli.follow import follow, require_success, where_it_stands
from platform_assets.cli.models import pipeline_job, require_model, source_section
from platform_assets.data.sources.pattern import Pattern
from platform_assets.run_tags import BY_TAG, MODEL_TAG, REASON_TAG
from platform_assets.watch.asking import written
from resources.settings import Settings, load_settings


def run(model: str, file: Path | None, *, detach: bool = False) -> None:
    """Deliver `file` if there is one (the sensor starts the run), else start the pipeline now.

    Unless told to `detach`, return when the run has ended, and print where the model answers.

    Raises
    ------
    StackNotUp, DagsterError
        If Dagster does not answer, or has no such job. A file is delivered all the same.
    DeliveryRefused
        If the model does not take files of this name, or the file cannot be copied.
    RunFailed, NothingStarted
        If the run that was followed failed, or none began.
    """
    require_model(model)
    settings = load_settings()
    api, began = DagsterApi(settings.dagster_url), time.time()
    if file is not None:
        section = source_section(model)
        folder = landing_folder(file, model, section, settings)
        out(f"delivered as {deliver(file, folder, section['pattern'])}")
    else:
        by = getpass.getuser()
        tags = {MODEL_TAG: model, REASON_TAG: f"asked for by {by}", BY_TAG: by}
        out(f"started: {api.run_url(api.launch(pipeline_job(model), tags))}")
    if not detach:
        ended = follow(api, model, began)
        where_it_stands(settings, model)
        require_success(api, ended)


def retrain(model: str, reason: str) -> None:
    """Leave word with the governor, which starts a training once no run of the model is under way.

    Raises
    ------
    StackNotUp, DagsterError
        If Dagster does not answer.
    """
    require_model(model)
    api = DagsterApi(load_settings().dagster_url)
    api.observe([model, "candidate_model"], written(getpass.getuser(), reason))
    out(f"asked for: {model} is trained once no run of it is under way; follow: slipway status")


def landing_folder(file: Path, model: str, section: Mapping[str, Any], settings: Settings) -> Path:
    """The folder in which the model's deliveries arrive, if it is one of this machine."""
    location = section.get("location", "")
    if section.get("kind") == "sql":
        raise DeliveryRefused(file, f"{model} takes rows of a database, not files")
    if "://" in location:
        raise DeliveryRefused(file, f"{model} takes what lies in {location}; put it there")
    return settings.landing_of(model, location)


def deliver(file: Path, folder: Path, pattern: str) -> Path:
    """Copy a file into a landing folder; it appears whole or not at all.

    Its time of modification is kept, so that an old file is not taken for one that still grows.
    """
    if not file.is_file():
        raise DeliveryRefused(file, "it is no file")
    if Pattern(pattern).refusal(file.name):
        raise DeliveryRefused(file, f"got the name {file.name!r}, expected {pattern!r}")
    placed, hidden = folder / file.name, folder / f".{file.name}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, hidden)
        hidden.replace(placed)
    except OSError as error:
        raise DeliveryRefused(file, f"{error.strerror} ({folder})") from error
    return placed

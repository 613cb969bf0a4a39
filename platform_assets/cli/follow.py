"""Following the run that a command has caused, step by step, to where the model stands then."""

import time
from collections.abc import Callable

from platform_assets.cli.console import Progress, facts
from platform_assets.cli.dagster_api import DagsterApi, Run
from platform_assets.cli.errors import NothingStarted, RunFailed
from platform_assets.cli.overview import Overview, Place
from platform_assets.cli.watch import Watcher
from platform_assets.run_tags import MODEL_TAG
from platform_assets.wiring import build_forge, build_runtime
from resources.settings import Settings

START_SECONDS = 90.0
LOOK_SECONDS = 1.0


def follow(
    api: DagsterApi,
    model: str,
    since: float,
    *,
    tag: str = MODEL_TAG,
    clock: Callable[[], float] = time.time,
    pause: Callable[[float], None] = time.sleep,
) -> Run:
    """The last run of a model that began at `since` (Unix seconds) or later, once it has ended.

    `tag` is what runs of the kind name their model by.

    Raises
    ------
    NothingStarted
        If none has begun after `START_SECONDS`.
    StackNotUp, DagsterError
        If Dagster does not answer.
    """
    with Progress() as progress:
        watcher = Watcher(progress, since)
        progress.status("waiting for a run to begin (Ctrl-C leaves it to itself)")
        while True:
            ours = [one for one in api.runs({tag: model}) if one.created >= since]
            watcher.look(ours)
            if ours and not (ours[0].unfinished or ours[0].will_be_retried):
                return ours[0]
            if not ours and clock() - since > START_SECONDS:
                raise NothingStarted(model, START_SECONDS)
            pause(LOOK_SECONDS)


def require_success(api: DagsterApi, run: Run) -> None:
    """Raise RunFailed, with the reason, unless the run has done all it was to do."""
    if run.status != "SUCCESS":
        raise RunFailed(run.run_id, api.failure(run.run_id), api.run_url(run.run_id))


def where_it_stands(settings: Settings, model: str) -> None:
    """Print where the model answers, and which promotion waits for a person."""
    forge = build_forge(settings)
    places = Overview(forge, build_runtime(settings), [model]).places()
    ours = {one.environment: one for one in places if one.model == model}
    waiting = [one.number for one in forge.promotions("open") if one.model == model]
    facts(
        {name: _endpoint(settings, place) for name, place in ours.items()}
        | {"waiting": "; ".join(f"slipway promotions show {number}" for number in waiting)}
    )


def _endpoint(settings: Settings, place: Place) -> str:
    if place.manifest is None:
        return place.health
    return f"{settings.serve_url}{place.manifest.route} ({place.health})"

"""`slipway forget`: a person's rows leave every table for good."""

from collections.abc import Sequence

import typer

from platform_assets.cli.console import out
from platform_assets.cli.errors import NotForgotten
from platform_assets.cli.folders import cleaner
from platform_assets.data.forgetting import Forgotten, look
from platform_assets.data.forgetting import forget as take_out
from platform_assets.data.searching import Found
from platform_assets.data.sources.choose import source_of
from platform_assets.data.subject import subject
from platform_assets.model.seen import Sighting, sightings
from platform_assets.spec.source import SqlSource
from platform_assets.wiring import build_lake, build_registry
from resources.settings import load_settings


def forget(model: str, ids: Sequence[str], column: str | None, *, yes: bool) -> None:
    """Say where the rows are and who saw them, ask, then take them out.

    Raises
    ------
    ForgetRefused
        If the column says nothing of persons.
    NotForgotten
        If a delivery that cannot be taken apart holds an id.
    """
    settings = load_settings()
    sorts = cleaner(build_lake(settings), model)
    whose = subject(model, sorts.contract, column, tuple(ids))
    _say_found(look(sorts, whose))
    _say_seen(sightings(sorts.lake, build_registry(settings), model, whose))
    if isinstance(sorts.folder.spec.source, SqlSource):
        out(
            "rows that the database still holds may come back with the next pull: delete them first"
        )
    if not yes:
        typer.confirm("Take these rows out of all tables for good?", abort=True)
    done = take_out(sorts, whose)
    _say_done(model, done)
    out(f"the delivered files are yours to mend: {source_of(sorts.folder, settings).place}")
    if done.found.unreadable:
        raise NotForgotten(model, [one.file for one in done.found.unreadable])


def _say_found(found: Found) -> None:
    for delivery, places in found.places.items():
        out(f"delivery {delivery.number} ({delivery.file}): {len(places)} rows")
    out(f"{found.rows} rows in {len(found.places)} deliveries")


def _say_seen(seen: list[Sighting]) -> None:
    for one in seen:
        rows = "rows that can no longer be told" if one.rows is None else f"{one.rows} of the rows"
        out(f"model version {one.version} ({one.digest[:19]}) saw {rows}, in training set "
            f"version {one.training_set}")  # fmt: skip
    if not seen:
        out("no registered model version saw them")


def _say_done(model: str, done: Forgotten) -> None:
    out(f"taken out: {done.found.rows} rows of what was delivered; all else was judged anew")
    out(f"taken out: {done.training_rows} rows of the training set")
    for table, freed in done.freed.items():
        out(f"{model}/{table}: {freed:,} bytes of old files deleted")
    out("there is no prediction log yet, so nothing was taken out of it")
    out(f"models trained on these rows stay what they are; train anew: slipway run {model}")

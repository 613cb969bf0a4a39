"""`slipway forget`: a person's rows leave every table for good."""

from collections.abc import Sequence

import typer

from platform_assets.cli.console import out, print_json
from platform_assets.cli.errors import NotForgotten
from platform_assets.cli.folders import cleaner
from platform_assets.data.blocks import Delivery
from platform_assets.data.cleaning import Cleaner
from platform_assets.data.forgetting import Forgotten, look
from platform_assets.data.forgetting import forget as take_out
from platform_assets.data.searching import Found
from platform_assets.data.sources.choose import source_of
from platform_assets.data.subject import Subject, subject
from platform_assets.model.seen import Sighting, sightings
from platform_assets.spec.source import SqlSource
from platform_assets.watch.keeping import ForgottenLog, forget_logged
from platform_assets.wiring import build_lake, build_registry
from resources.settings import Settings, load_settings


def forget(
    model: str, ids: Sequence[str], column: str | None, *, yes: bool, as_json: bool = False
) -> None:
    """Say where the rows are and who saw them, ask, then take them out.

    Raises
    ------
    ForgetRefused
        If the column says nothing of persons.
    NotForgotten
        If a delivery that cannot be taken apart holds an id, or may.
    """
    if as_json and not yes:
        raise typer.BadParameter("--json asks nothing; say --yes too")
    settings = load_settings()
    sorts = cleaner(build_lake(settings), model)
    whose = subject(model, sorts.contract, column, tuple(ids))
    seen = sightings(sorts.lake, build_registry(settings), model, whose)
    if as_json:
        done = take_out(sorts, whose)
        logged = forget_logged(sorts.lake, settings.predictions, model, whose)
        print_json({**_document(model, done, seen), "predictions": vars(logged)})
    else:
        done = _talk(sorts, whose, seen, settings, yes=yes)
    if done.found.unreadable or done.found.unsearchable:
        raise NotForgotten(model, _files(done.found.unreadable), _files(done.found.unsearchable))


def _talk(
    sorts: Cleaner, whose: Subject, seen: list[Sighting], settings: Settings, *, yes: bool
) -> Forgotten:
    _say_found(look(sorts, whose))
    _say_seen(seen)
    if isinstance(sorts.folder.spec.source, SqlSource):
        out(
            "rows that the database still holds may come back with the next pull: delete them first"
        )
    if not yes:
        typer.confirm("Take these rows out of all tables for good?", abort=True)
    done = take_out(sorts, whose)
    _say_done(sorts.folder.name, done)
    logged = forget_logged(sorts.lake, settings.predictions, sorts.folder.name, whose)
    _say_logged(sorts.folder.name, whose.column.name, logged)
    out(f"the delivered files are yours to mend: {source_of(sorts.folder, settings).place}")
    return done


def _document(model: str, done: Forgotten, seen: list[Sighting]) -> dict[str, object]:
    taken = [
        {"number": one.number, "file": one.file, "rows": len(places)}
        for one, places in done.found.places.items()
    ]
    return {
        "model": model,
        "taken_out": taken,
        "training_rows": done.training_rows,
        "bytes_freed": done.freed,
        "seen_by": [vars(one) for one in seen],
        "still_holding": _files(done.found.unreadable),
        "not_searchable": _files(done.found.unsearchable),
    }


def _files(deliveries: Sequence[Delivery]) -> list[str]:
    return [one.file for one in deliveries]


def _say_found(found: Found) -> None:
    for delivery, places in found.places.items():
        out(f"delivery {delivery.number} ({delivery.file}): {len(places)} rows")
    out(f"{found.rows} rows in {len(found.places)} deliveries")
    for delivery in found.unreadable:
        out(f"{delivery.file} cannot be taken apart, and holds the id")
    for delivery in found.unsearchable:
        out(f"{delivery.file} cannot be taken apart, nor searched: it may hold the id")


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
    out(f"models trained on these rows stay what they are; train anew: slipway run {model}")


def _say_logged(model: str, column: str, logged: ForgottenLog) -> None:
    if logged.rows is None:
        out(f"the prediction log of {model} has no column {column!r}: whose its rows are, it "
            "does not tell, and nothing was taken out of it")  # fmt: skip
    else:
        out(f"taken out: {logged.rows} rows of the prediction log, {logged.freed:,} bytes of old "
            "files deleted; what was asked in the last seconds may not be in it yet")  # fmt: skip
    for name in logged.unsearched:
        out(
            f"the log's file {name} cannot be read, and may hold the id: look into it, or remove it"
        )

"""Whether what a version was made from is still what there is: data, contract, libraries."""

from datetime import datetime, timedelta

from platform_assets.ml.signature import signature_of
from platform_assets.model.lock import lock_digest
from platform_assets.watch.look import Look
from platform_assets.watch.observations import STALENESS, Observation
from resources.lake import Lake

MODEL, DATA, DEPENDENCIES, SCHEMA = "model", "data", "dependencies", "schema"
_DAY = timedelta(days=1)


def staleness(look: Look, lake: Lake) -> list[Observation]:
    """Age in days of what was learned and of the newest data; 1 where libraries or columns differ.

    What nothing tells any more is left out.
    """
    settings, end = look.settings, look.traffic.window.end
    name = f"{look.folder.name}/cleaned"
    found: list[tuple[str, float | None, float]] = [
        (SCHEMA, float(schema_changed(look)), 0.0),
        (DEPENDENCIES, _differs(look.served.lock, lock_digest()), 0.0),
    ]
    if lake.exists(name):
        newest = lake.committed(name, lake.version(name))
        found.append((DATA, _days(newest, end), settings.stale_days))
        if look.served.cleaned is not None:
            learned = lake.committed(name, look.served.cleaned)
            found.append((MODEL, _days(learned, end), settings.stale_days))
    rows = len(look.traffic.requests)
    return [
        look.judged(STALENESS, subject, rows, value, most)
        for subject, value, most in found
        if value is not None
    ]


def schema_changed(look: Look) -> bool:
    """Whether the contract gives the features other types, gaps or values than at training."""
    signature, folder = look.served.signature, look.folder
    now = signature_of(
        folder.name,
        folder.spec.task,
        folder.contract,
        folder.spec.features,
        classes=signature.classes,
        threshold=signature.threshold,
    )
    return now.columns != signature.columns


def _differs(then: str | None, now: str) -> float | None:
    return None if then is None else float(then != now)


def _days(then: datetime | None, now: datetime) -> float | None:
    return None if then is None else max((now - then) / _DAY, 0.0)

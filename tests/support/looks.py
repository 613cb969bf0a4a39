"""One version in one window as a monitor is shown it, without any table."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from platform_assets.folder import ModelFolder
from platform_assets.watch import log_rows as names
from platform_assets.watch.look import Look
from platform_assets.watch.observations import Observation
from platform_assets.watch.served import Served
from platform_assets.watch.traffic import ROW_ID, Traffic
from platform_assets.watch.windows import Window
from tests.support.watched import DAY, FIRST
from tests.support.watched_model import DIGEST, model, orders, promised

ROWS = 300


def look(
    frame: pd.DataFrame | None = None,
    *,
    scores: Any = None,
    status: Any = 200,
    latency: Any = 5.0,
    folder: ModelFolder | None = None,
    served: Served | None = None,
    earlier: Sequence[Observation] = (),
    day: int = 0,
) -> Look:
    """A day of requests, one row each; by default scores go evenly from 0.05 to 0.95."""
    rows = orders(ROWS, seed=5) if frame is None else frame
    given = np.linspace(0.05, 0.95, len(rows)) if scores is None else np.asarray(scores)
    several = given.ndim > 1
    logged = rows.assign(
        **{
            names.REQUEST_ID: rows["order"],
            names.ROW: 0,
            ROW_ID: rows["order"],
            names.SCORE: given.max(axis=1) if several else given,
            names.SCORES: list(given) if several else None,
            names.STATUS: status,
            names.LATENCY: latency,
        }
    )
    window = Window(FIRST + day * DAY, FIRST + (day + 1) * DAY)
    traffic = Traffic("production", DIGEST, "1", window, logged, logged)
    return Look(folder or model(), traffic, served or promised(), earlier)


def without(told: Look, **changes: Any) -> Look:
    """The same look at a version that said something else of itself."""
    return replace(told, served=replace(told.served, **changes))


def by_subject(found: Sequence[Observation]) -> dict[str, Observation]:
    return {one.subject: one for one in found}

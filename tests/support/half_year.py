"""Half a year in which nothing changes, day by day, asked of every monitor that looks at rows.

Rows are drawn anew each day from what the version was trained on; latencies have the noise of a
machine that does other things too. No table is written: what is asked is how often chance alone
raises an alert.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from platform_assets.ml.scoring import scores
from platform_assets.watch import log_rows as names
from platform_assets.watch.alerts import Alert, raised
from platform_assets.watch.judging import AT_ONCE
from platform_assets.watch.look import Look
from platform_assets.watch.monitors.labels import Delivered, quality, skew
from platform_assets.watch.observations import Observation
from platform_assets.watch.standing import rule_of
from platform_assets.watch.traffic import Traffic
from platform_assets.watch.windows import Window
from tests.support.watched import DAY, FIRST
from tests.support.watched_model import DIGEST, fitted, model, orders, promised

DAYS = 182
ROWS = 400
_RECENT = 200
"""Observations that the trend of latencies looks back on, and more."""


def half_year(seed: int, days: int = DAYS, rows: int = ROWS) -> list[Alert]:
    """Every alert that is raised though nothing happens; each seed is another model and year."""
    found: list[Observation] = []
    for day in range(days):
        found += observations(seed, day, rows, found[-_RECENT:])
    return raised(found, rule_of(model()))


def observations(
    seed: int, day: int, rows: int, earlier: list[Observation]
) -> Iterator[Observation]:
    """What the monitors see on one day, all labels known."""
    frame = orders(rows, seed=1_000_000 + 1000 * seed + day)
    look = Look(model(), _traffic(seed, day, frame), promised(10 * seed), earlier)
    labelled = Delivered(np.arange(rows), frame)
    for monitor in AT_ONCE:
        yield from monitor(look)
    yield from skew(look, labelled)
    yield from quality(look, labelled)


def _traffic(seed: int, day: int, frame: pd.DataFrame) -> Traffic:
    draw = np.random.default_rng([seed, day])
    features = frame[["amount", "hour", "channel"]].astype({"hour": float})
    busy = draw.lognormal(0.0, 0.1)
    logged = features.assign(
        **{
            names.REQUEST_ID: frame["order"],
            names.ROW: 0,
            names.SCORE: scores(fitted(10 * seed), "binary", features),
            names.SCORES: None,
            names.STATUS: np.where(draw.random(len(frame)) < 0.001, 503, 200),
            names.LATENCY: 5 * busy * draw.lognormal(0.0, 0.3, len(frame)),
        }
    )
    window = Window(FIRST + day * DAY, FIRST + (day + 1) * DAY)
    return Traffic("production", DIGEST, "1", window, logged, logged)

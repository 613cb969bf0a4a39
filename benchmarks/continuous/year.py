"""The payments of half a year, and the models that a day's labelled rows give."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from platform_assets.cli.folders import open_model
from platform_assets.defs.fraud.simulator import START, simulate
from platform_assets.ml.intervals import bootstrap
from platform_assets.ml.metrics import metric
from platform_assets.ml.reference import reference

Array = npt.NDArray[Any]

FOLDER = open_model("fraud")
SPEC = FOLDER.spec
JUDGE = metric(SPEC.task, SPEC.metric)
LABEL_DAYS = 7
TOLERATED = 0.02


def moment(day: int) -> datetime:
    """Midnight, UTC, at which a day of the simulation begins."""
    return datetime(START.year, START.month, START.day, tzinfo=UTC) + timedelta(days=day)


def score(pipeline: Pipeline, rows: pd.DataFrame) -> Array:
    """The probability of a fraud of each row, shape (n,)."""
    told: Array = pipeline.predict_proba(rows[list(SPEC.features)])[:, 1]
    return told


def truth(rows: pd.DataFrame) -> Array:
    return rows[SPEC.target].to_numpy(int)


@dataclass(frozen=True)
class Model:
    """A fitted pipeline, with the reference of what it learned from and the rows it was judged on.

    `day` is the day on whose evening it was trained.
    """

    day: int
    pipeline: Pipeline
    described: Mapping[str, Any]
    holdout: pd.DataFrame

    @property
    def name(self) -> str:
        return f"of day {self.day}"

    @cached_property
    def worst(self) -> float:
        """The lower end of the interval of its metric on its holdout, as its report tells it."""
        return bootstrap(JUDGE, truth(self.holdout), score(self.pipeline, self.holdout)).low

    def quality(self, rows: pd.DataFrame) -> float:
        return JUDGE(truth(rows), score(self.pipeline, rows))


class Year:
    """The payments of some days; of `customers` customers, one is looked at."""

    def __init__(self, days: int, customers: int) -> None:
        frame = simulate(days)
        chosen = frame["customer_id"].str[1:].astype(int) % customers == 0
        self.days, self.customers = days, customers
        self.frame = frame[chosen].reset_index(drop=True)
        self.day = ((self.frame["time"] - pd.Timestamp(START)) // pd.Timedelta(days=1)).to_numpy()
        self._models: dict[int, Model] = {}

    def rows(self, first: int, last: int) -> pd.DataFrame:
        """The payments from the day `first` up to, not including, the day `last`."""
        return self.frame[np.searchsorted(self.day, first) : np.searchsorted(self.day, last)]

    def model(self, day: int) -> Model:
        """What a training on the evening of a day gives; equal days give one model."""
        if day not in self._models:
            self._models[day] = self._trained(day)
        return self._models[day]

    def passes(self, candidate: Model, champion: Model) -> bool:
        """The gate beside the champion, on the candidate's holdout."""
        rows = candidate.holdout
        return candidate.quality(rows) >= champion.quality(rows) - TOLERATED

    def _trained(self, day: int) -> Model:
        """On all rows whose labels are there, the newest fifth held out."""
        rows = self.rows(0, day + 1 - LABEL_DAYS)
        cut = int(len(rows) * (1 - SPEC.split.holdout))
        learned = rows[:cut]
        pipeline = FOLDER.build().fit(learned[list(SPEC.features)], truth(learned))
        described = reference(learned[list(SPEC.features)], score(pipeline, learned))
        return Model(day, pipeline, described, rows[cut:])

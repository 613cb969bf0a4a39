"""A few rows with the answers of the very bytes that will serve them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from platform_assets.ml.export import Export, columns, scorer
from platform_assets.ml.scoring import as_fitted
from serving.signature import Column, Signature

Array = npt.NDArray[Any]

ROWS = 16
# Processors add 32-bit floats in different orders; relative to the largest score.
REPEATABLE = 1e-5


@dataclass(frozen=True)
class Golden:
    """`rows` are records of JSON values, None where missing; `scores` one answer for each.

    A score is a float, or one probability per class; `tolerance` is absolute.
    """

    rows: tuple[Mapping[str, Any], ...]
    scores: tuple[Any, ...]
    tolerance: float


def golden_rows(exported: Export, features: pd.DataFrame, count: int = ROWS) -> Golden:
    """At most `count` rows: from all over the range of scores, from all over their ranking (most
    rows may score alike), and with gaps where there are any.

    `features` are n ≥ 1 rows with the columns of the signature.
    """
    answers = scorer(exported).score(columns(features, exported.signature))
    chosen = _varied(features, answers, count)
    picked = answers[chosen]
    return Golden(
        rows=_records(features.iloc[chosen], exported.signature),
        scores=tuple(picked.tolist()),
        tolerance=REPEATABLE * max(1.0, float(np.abs(picked).max())),
    )


def _varied(features: pd.DataFrame, answers: Array, count: int) -> Array:
    """Positions in the order of the rows."""
    score = answers.reshape(len(answers), -1)[:, 0]
    ranking = np.argsort(score, kind="stable")
    has_gap = as_fitted(features).isna().any(axis=1).to_numpy()
    gaps = _spread(ranking[has_gap[ranking]], count // 4)
    levels = np.linspace(score.min(), score.max(), count // 2)
    nearest = np.abs(score[:, None] - levels).argmin(axis=0)
    chosen = np.unique(np.r_[gaps, nearest])
    return np.unique(np.r_[chosen, _spread(ranking, count - len(chosen))])


def _spread(ranking: Array, count: int) -> Array:
    places = np.linspace(0, len(ranking) - 1, min(count, len(ranking))).round().astype(int)
    spread: Array = ranking[places]
    return spread


def _records(rows: pd.DataFrame, signature: Signature) -> tuple[dict[str, Any], ...]:
    cells = {column.name: _cells(rows[column.name], column) for column in signature.columns}
    return tuple(dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True))


def _cells(values: pd.Series, column: Column) -> list[Any]:
    plain = {"float": float, "integer": int, "boolean": bool, "string": str}[column.type]
    return [None if pd.isna(value) else plain(value) for value in values]

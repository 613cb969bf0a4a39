"""What the training part looked like, small enough to travel in a bundle: drift is measured
against it.

Every entry has a `missing` share of all rows; the other shares are of the rows that are there
and add up to 1. Numbers are counted in bins with inner `edges` (upper ends included), text by
value, where rare values share `other`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from platform_assets.ml.scoring import as_fitted

Array = npt.NDArray[Any]

BINS = 20
MOST_CATEGORIES = 50


def reference(features: pd.DataFrame, score: Array) -> dict[str, Any]:
    """Describe rows and scores, as JSON values.

    `score` has shape (m,), or (m, k) for a multiclass task, whose most probable class is counted;
    it may come from other rows, since a model is too sure of those it was fitted on.
    """
    rows = as_fitted(features)
    return {
        "rows": len(rows),
        "features": {name: _describe(column) for name, column in rows.items()},
        "score": _describe(pd.Series(score))
        if score.ndim == 1
        else _categories(pd.Series(score.argmax(axis=1)).astype(str)),
    }


def shares(values: pd.Series, entry: Mapping[str, Any]) -> Array:
    """The shares of other `values` in the bins or categories of an entry, in its order.

    Missing values are left out; without any value all shares are 0.
    """
    there = values.dropna()
    if entry["kind"] == "numeric":
        bins = np.searchsorted(entry["edges"], there.to_numpy(np.float64), side="left")
        counts = np.bincount(bins, minlength=len(entry["shares"]))
    else:
        names = {name: place for place, name in enumerate(entry["shares"])}
        places = there.astype(str).map(lambda name: names.get(name, names["(other)"]))
        counts = np.bincount(places.to_numpy(int), minlength=len(names))
    total: Array = counts / max(len(there), 1)
    return total


def _describe(column: pd.Series) -> dict[str, Any]:
    return _numbers(column) if pd.api.types.is_numeric_dtype(column) else _categories(column)


def _numbers(column: pd.Series) -> dict[str, Any]:
    there = column.dropna().to_numpy(np.float64)
    cuts = np.quantile(there, np.linspace(0, 1, BINS + 1)[1:-1]) if len(there) else np.empty(0)
    entry: dict[str, Any] = {
        "kind": "numeric",
        "missing": float(column.isna().mean()),
        "mean": float(there.mean()) if len(there) else None,
        "deviation": float(there.std()) if len(there) else None,
        "edges": np.unique(cuts).tolist(),
    }
    entry["shares"] = [0.0] * (len(entry["edges"]) + 1)
    return {**entry, "shares": shares(column, entry).tolist()}


def _categories(column: pd.Series) -> dict[str, Any]:
    found = column.dropna().astype(str).value_counts(normalize=True)
    kept = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    common = {name: float(share) for name, share in kept[:MOST_CATEGORIES]}
    rest = float(sum(share for _, share in kept[MOST_CATEGORIES:]))
    return {
        "kind": "categories",
        "missing": float(column.isna().mean()),
        "shares": {**common, "(other)": rest},
    }

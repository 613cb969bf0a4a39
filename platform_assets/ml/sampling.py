"""A bounded number of rows for what is too dear to be asked of all of them."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def some_rows(y: Array, most: int, *, classes: bool, seed: int = 0) -> Array:
    """Positions of at most about `most` rows, ascending; equal arguments give equal rows.

    With `classes` each class of `y` keeps its share and at least one row.
    """
    if len(y) <= most:
        return np.arange(len(y))
    draw = np.random.default_rng(seed)
    codes = np.unique(y, return_inverse=True)[1] if classes else np.zeros(len(y), dtype=int)
    strata = [np.flatnonzero(codes == code) for code in np.unique(codes)]
    share = most / len(y)
    kept = [draw.choice(rows, max(round(share * len(rows)), 1), replace=False) for rows in strata]
    return np.sort(np.concatenate(kept))

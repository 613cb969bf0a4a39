"""Intervals that stay honest when several questions are asked and the worst answer is looked at."""

from typing import Any

import numpy as np
import numpy.typing as npt

from platform_assets.ml.intervals import LEVEL, Interval, reach

Array = npt.NDArray[Any]

_MOST_UNDEFINED = 0.05


def corrected(value: float, drawn: Array, looks: int, rows: int) -> Interval:
    """The interval that holds for all of `looks` questions at once, 19 times in 20 (Bonferroni).

    `drawn` are the resamples of `value`, shape (samples,), and `rows` how many it rests on. They
    are taken for Student's distribution, since so few draws cannot show its far ends. If more than
    one in twenty is undefined, so are the ends.
    """
    defined = drawn[np.isfinite(drawn)]
    if rows < 2 or len(defined) < max((1 - _MOST_UNDEFINED) * len(drawn), 2):
        return Interval(value, float("nan"), float("nan"))
    tail = (1 - LEVEL) / 2 / max(looks, 1)
    off = reach(rows, tail) * float(defined.std(ddof=1))
    return Interval(value, value - off, value + off)

"""Which keys were seen before: among the rows at hand, in the delivery, in the table.

Keys are compared by 64-bit fingerprints, eight bytes each: among ten million keys two different
ones share a fingerprint once in 400,000 times. Keys mostly grow with time, so a batch is only
compared with runs of keys whose range it touches, and of the table only files are read whose
statistics touch it: its cost follows the new rows, not the history.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

Prints = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]
# The files of the table that may hold keys of a range, by path, and what reads their keys.
Files = Callable[[Any, Any], Mapping[str, Callable[[], pa.Table]]]
RUNS = 8


@dataclass(frozen=True)
class _Run:
    """Fingerprints of some keys, and the range of the keys they stand for."""

    unordered: Prints
    low: Any
    high: Any

    @cached_property
    def prints(self) -> Prints:
        return np.sort(self.unordered)

    def touches(self, low: Any, high: Any) -> bool:
        return bool(self.low <= high and low <= self.high)

    def holds(self, wanted: Prints) -> Mask:
        # Looking up in order keeps to the cache: several times faster for long runs.
        order = np.argsort(wanted)
        ordered = wanted[order]
        places = np.searchsorted(self.prints, ordered)
        held = np.empty(len(wanted), dtype=bool)
        held[order] = self.prints[np.minimum(places, len(self.prints) - 1)] == ordered
        return held


class Repeats:
    """Remembers every key it is asked about."""

    def __init__(self, files: Files | None = None) -> None:
        self._files = files
        self._read: set[str] = set()
        self._runs: list[_Run] = []

    def __call__(self, keys: pl.Series) -> Mask:
        """Which of the keys, shape (n,), were seen before; the first of equal ones was not."""
        hashed = keys.hash(seed=0)
        found: Mask = ~hashed.is_first_distinct().to_numpy()
        if not keys.len():
            return found
        low, high = keys.min(), keys.max()
        self._read_table(low, high)
        prints = hashed.to_numpy()
        for run in self._touched(low, high):
            found |= run.holds(prints)
        self._runs.append(_Run(prints, low, high))
        return found

    def _read_table(self, low: Any, high: Any) -> None:
        for path, read in (self._files(low, high) if self._files else {}).items():
            if path not in self._read:
                self._read.add(path)
                keys = pl.Series(pl.from_arrow(read().column(0)))
                if keys.len():
                    self._runs.append(_Run(keys.hash(seed=0).to_numpy(), keys.min(), keys.max()))

    def _touched(self, low: Any, high: Any) -> list[_Run]:
        """The runs to compare with; many small ones become one, so that few are searched."""
        touched = [run for run in self._runs if run.touches(low, high)]
        if len(touched) <= RUNS:
            return touched
        merged = _Run(
            np.concatenate([run.unordered for run in touched]),
            min(run.low for run in touched),
            max(run.high for run in touched),
        )
        self._runs = [run for run in self._runs if not run.touches(low, high)] + [merged]
        return [merged]

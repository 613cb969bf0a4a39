"""Which keys were seen before: among the rows at hand, in the delivery, in the table.

Keys are compared by 64-bit fingerprints, eight bytes each: among ten million keys two different
ones share a fingerprint once in 400,000 times. Keys mostly grow with time, so a batch is only
compared with runs of keys whose range it touches, and of the table only files are read whose
statistics touch it: its cost follows the new rows, not the history.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
    """Fingerprints in order, and the range of the keys they stand for."""

    prints: Prints
    low: Any
    high: Any

    def touches(self, low: Any, high: Any) -> bool:
        return bool(self.low <= high and low <= self.high)

    def holds(self, wanted: Prints) -> Mask:
        places = np.searchsorted(self.prints, wanted)
        held: Mask = self.prints[np.minimum(places, len(self.prints) - 1)] == wanted
        return held


class Repeats:
    """Remembers every key it is asked about."""

    def __init__(self, files: Files | None = None) -> None:
        self._files = files
        self._read: set[str] = set()
        self._runs: list[_Run] = []

    def __call__(self, keys: pl.Series) -> Mask:
        """Which of the keys, shape (n,), were seen before; the first of equal ones was not."""
        found = ~keys.is_first_distinct().to_numpy()
        if not keys.len():
            return found
        low, high = keys.min(), keys.max()
        self._read_table(low, high)
        prints = keys.hash(seed=0).to_numpy()
        order = np.argsort(prints)
        ordered = prints[order]
        for run in self._touched(low, high):
            found[order[run.holds(ordered)]] = True
        self._runs.append(_Run(ordered, low, high))
        return found

    def _read_table(self, low: Any, high: Any) -> None:
        for path, read in (self._files(low, high) if self._files else {}).items():
            if path not in self._read:
                self._read.add(path)
                keys = pl.Series(pl.from_arrow(read().column(0)))
                if keys.len():
                    prints = np.sort(keys.hash(seed=0).to_numpy())
                    self._runs.append(_Run(prints, keys.min(), keys.max()))

    def _touched(self, low: Any, high: Any) -> list[_Run]:
        """The runs to compare with; many small ones become one, so that few are searched."""
        touched = [run for run in self._runs if run.touches(low, high)]
        if len(touched) <= RUNS:
            return touched
        merged = _Run(
            np.sort(np.concatenate([run.prints for run in touched])),
            min(run.low for run in touched),
            max(run.high for run in touched),
        )
        self._runs = [run for run in self._runs if not run.touches(low, high)] + [merged]
        return [merged]

"""Which keys were seen before: among the rows at hand, in the delivery, in the table.

Keys are compared by 64-bit fingerprints, eight bytes each: among ten million keys two different
ones share a fingerprint once in 400,000 times. Keys mostly grow with time, so a batch is only
compared with runs of keys whose range it touches, and of the table only files are read whose
statistics touch it: its cost follows the new rows, not the history. Runs that no batch touches lie
in a file of this process, so that memory does not grow with rows whose keys come in order.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from platform_assets.data.spill import Aside, Prints

Mask = npt.NDArray[np.bool_]
# The files of the table that may hold keys of a range, by path, and what reads their keys.
Files = Callable[[Any, Any], Mapping[str, Callable[[], pa.Table]]]
RUNS = 8


@dataclass(eq=False)
class _Run:
    """Fingerprints of some keys, and the range of the keys they stand for.

    `prints` are None while they lie aside, `size` of them at `place`; 0 if they never did or in
    another order; `passed` counts the batches in a row that did not touch the range.
    """

    prints: Prints | None
    low: Any
    high: Any
    is_sorted: bool = False
    size: int = 0
    place: int = 0
    passed: int = 0

    def touches(self, low: Any, high: Any) -> bool:
        return bool(self.low <= high and low <= self.high)


class Repeats:
    """Remembers every key it is asked about; what no batch has touched of late, in a file."""

    def __init__(self, files: Files | None = None) -> None:
        self._files = files
        self._read: set[str] = set()
        self._runs: list[_Run] = []
        self._aside = Aside()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._aside.close()

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
            found |= _held(self._sorted(run), prints)
        self._runs.append(_Run(prints, low, high))
        return found

    def _read_table(self, low: Any, high: Any) -> None:
        for path, read in (self._files(low, high) if self._files else {}).items():
            if path not in self._read:
                self._read.add(path)
                keys = pl.Series(pl.from_arrow(read().column(0)))
                if keys.len():
                    prints = keys.hash(seed=0).to_numpy()
                    self._runs.append(_Run(prints, keys.min(), keys.max()))

    def _touched(self, low: Any, high: Any) -> list[_Run]:
        """The runs to compare with; many small ones become one, so that few are searched."""
        touched = [run for run in self._runs if run.touches(low, high)]
        others = [run for run in self._runs if not run.touches(low, high)]
        for run in others:
            self._pass(run)
        if len(touched) <= RUNS:
            return touched
        merged = _Run(
            np.concatenate([self._back(run) for run in touched]),
            min(run.low for run in touched),
            max(run.high for run in touched),
        )
        self._runs = [*others, merged]
        return [merged]

    def _sorted(self, run: _Run) -> Prints:
        prints = self._back(run)
        if not run.is_sorted:
            prints = run.prints = np.sort(prints)
            run.is_sorted, run.size = True, 0
        return prints

    def _pass(self, run: _Run) -> None:
        """Put a run aside, in whatever order, once a few batches had nothing to do with it."""
        run.passed += 1
        if run.prints is not None and run.passed > RUNS:
            if not run.size:
                run.place, run.size = self._aside.put(run.prints), len(run.prints)
            run.prints = None

    def _back(self, run: _Run) -> Prints:
        """The fingerprints of a run, in memory again."""
        run.passed = 0
        if run.prints is None:
            run.prints = self._aside.get(run.place, run.size)
        return run.prints


def _held(run: Prints, wanted: Prints) -> Mask:
    """Which of the wanted fingerprints are in a run that is in order."""
    # Looking up in order keeps to the cache: several times faster for long runs.
    order = np.argsort(wanted)
    ordered = wanted[order]
    places = np.searchsorted(run, ordered)
    held = np.empty(len(wanted), dtype=bool)
    held[order] = run[np.minimum(places, len(run) - 1)] == ordered
    return held

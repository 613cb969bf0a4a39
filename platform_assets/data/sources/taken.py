"""Which rows were taken in before, each as often as it was."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from platform_assets.data.sources.row_text import Row, fingerprint


class Taken:
    """Counts rows, and gives those back that were not counted.

    A table may have lost or gained columns since: rows are compared in the columns of both. Only
    rows that hold one of `values` in the column `at` may have been taken.
    """

    def __init__(self, columns: Sequence[str], at: str, values: Collection[str]) -> None:
        self._columns, self._at = list(columns), list(columns).index(at)
        self._values = values
        self._counts: dict[tuple[str, ...], Counter[bytes]] = {}

    def add(self, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Rows with these columns, some of all, in their order."""
        counts = self._counts.setdefault(tuple(columns), Counter())
        counts.update(fingerprint(row) for row in rows)

    def others(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows, with all columns, that were not taken in; equal ones beyond as many as were."""
        shapes = [(self._projection(names), counts) for names, counts in self._counts.items()]
        for row in rows:
            looked_for = row[self._at] in self._values
            if not looked_for or not any(
                _drawn(counts, [row[at] for at in places]) for places, counts in shapes
            ):
                yield row

    def _projection(self, names: Sequence[str]) -> list[int]:
        return [self._columns.index(name) for name in names]


def _drawn(counts: Counter[bytes], row: Sequence[str | None]) -> bool:
    """Whether the row is there once more; then it is there once less."""
    print_ = fingerprint(row)
    if counts[print_] <= 0:
        return False
    counts[print_] -= 1
    return True

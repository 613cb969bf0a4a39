"""Rows of a database table as deliveries: each pull is one, and follows from those before it.

What was pulled is read from the raw table itself. Nothing else remembers a cursor, so nothing can
disagree with the rows that are there.
"""

import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from platform_assets.data.sources.landed import Landed
from platform_assets.data.sources.port import Arrival, Listing
from platform_assets.data.sources.row_text import Row, read, row_text, text, write
from platform_assets.data.sources.taken import Taken
from platform_assets.data.sources.window import Batch, Cursor, batches, behind, reaches, usable
from platform_assets.errors import ArrivalChanged, SourceUnavailable
from platform_assets.spec.source import SqlSource
from resources.errors import SqlRefused
from resources.lake import Lake
from resources.sql import Database, Relation, Rows


class TableSource:
    """Rows that are new or changed, as `source` in a model's specification describes them.

    `raw` names the table that takes them in. A pull is made once: whoever reads it again gets the
    same bytes, as long as the source lives.
    """

    def __init__(self, source: SqlSource, database: Database, lake: Lake, raw: str) -> None:
        self._source, self._database = source, database
        self._lake, self._raw = lake, raw
        self._pulled: dict[Arrival, Path] = {}

    @property
    def place(self) -> str:
        return f"{self._source.connection}.{self._source.table or 'query'}"

    @property
    def stream(self) -> str:
        """What the names of all pulls begin with; another one begins anew."""
        return f"{self.place}.{self._source.cursor}"

    def listing(self) -> Listing:
        """The next pull, if there are rows for it."""
        landed = Landed.newest(self._lake, self._raw)
        with self._reading() as rows:
            batch = self._next(landed, rows)
            lost = rows.without_cursor()
        skipped = {self.place: f"has rows whose {self._source.cursor!r} is null"} if lost else {}
        if batch is None:
            return Listing((), skipped)
        follows = len(landed.deliveries)
        return Listing((Arrival(batch.name, str(batch.number), 0, follows),), skipped)

    def open(self, arrival: Arrival) -> BinaryIO:
        if arrival not in self._pulled:
            folder = Path(tempfile.mkdtemp(prefix="slipway-pull-"))
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            (batch,) = batches(self.stream, [arrival.name])
            self._pull(batch, folder / "rows.parquet")
            self._pulled[arrival] = folder / "rows.parquet"
        return self._pulled[arrival].open("rb")

    def _next(self, landed: Landed, rows: Rows) -> Batch | None:
        pulls = landed.pulls(self.stream)
        last = pulls[-1] if pulls else None
        after = last.to if last else None
        number = last.number + 1 if last else 1
        end = rows.end_of(self._source.batch_rows, above=after)
        if end is not None:
            return Batch(self.stream, number, after, self._usable(end))
        if after is None:
            return None
        late = Batch(self.stream, number, after, after)
        return late if any(True for _ in self._fresh(landed, rows, late)) else None

    def _usable(self, end: object) -> Cursor:
        if not usable(end):
            got = f"{end} ({type(end).__name__})"
            raise SourceUnavailable(
                self.place,
                f"the cursor {self._source.cursor!r} holds {got}, expected a number, time or text",
            )
        return end

    def _pull(self, batch: Batch, path: Path) -> None:
        landed = Landed.newest(self._lake, self._raw)
        with self._reading() as rows:
            fresh = self._fresh(landed, rows, batch)
            if not write(path, batch.name, rows.columns, fresh):
                raise ArrivalChanged(self.place, batch.name, "rows", "none")

    def _fresh(self, landed: Landed, rows: Rows, batch: Batch) -> Iterator[Row]:
        """The rows of a pull, in order, without those that earlier ones took."""
        if batch.after is None:
            return map(row_text, rows.between(None, batch.to))
        low = behind(batch.after, self._source.lag)
        taken = self._taken(landed, rows, low, batch.after)
        return taken.others(map(row_text, rows.between(low, batch.to)))

    def _taken(self, landed: Landed, rows: Rows, low: Cursor, high: Cursor) -> Taken:
        """What was taken of the rows that are read again, those with a cursor from low to high."""
        at = self._source.cursor
        values = {str(text(value)) for value in rows.values(low, high)}
        taken = Taken(rows.columns, at, values)
        names = {one.name for one in landed.pulls(self.stream) if reaches(one.to, low)}
        with tempfile.TemporaryDirectory(prefix="slipway-taken-") as folder:
            for copy in landed.copies(names, Path(folder)):
                taken.add(*read(copy, rows.columns, at, values))
        return taken

    @contextmanager
    def _reading(self) -> Iterator[Rows]:
        relation = Relation(self._source.table, self._source.query)
        try:
            with self._database.reading(relation, self._source.cursor) as rows:
                yield rows
        except SqlRefused as error:
            raise SourceUnavailable(self.place, str(error)) from None

"""The half of the lake that writes nothing: versions, marks and rows of its tables."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError
from pyarrow.fs import FileSystem

from resources.delta_files import TableFiles, reading_store
from resources.errors import LakeRefused, TableMissing
from resources.open_tables import OpenTables

FINGERPRINT = "slipway.fingerprint"
Where = Sequence[tuple[str, str, Any]]
TIDIED = "slipway.tidied"
_TIDYING = ("VACUUM START", "VACUUM END", "SET TBLPROPERTIES")


class ReadableLake:
    """All tables below one root; a table's name is a path such as `fraud/raw`."""

    def __init__(self, root: str, storage_options: Mapping[str, str] | None = None) -> None:
        self._root = root.rstrip("/")
        self._options = dict(storage_options or {})
        self._tables = OpenTables(self._options)

    def uri(self, name: str) -> str:
        return f"{self._root}/{name}"

    def table(self, name: str, version: int | None = None) -> DeltaTable:
        """What `resources.lake_upkeep` works on."""
        with self._refusals(name):
            return DeltaTable(self.uri(name), version=version, storage_options=self._options)

    def files(self, name: str) -> TableFiles:
        """The same for the files that it writes."""
        return TableFiles(self.uri(name), self._options)

    def exists(self, name: str) -> bool:
        return DeltaTable.is_deltatable(self.uri(name), self._options)

    def version(self, name: str) -> int:
        """The newest version; TableMissing if there is none."""
        return self._open(name).version()

    def table_id(self, name: str) -> str:
        """An id that a table gets when it is made, and that no other table has."""
        return str(self._open(name).metadata().id)

    def schema(self, name: str) -> pa.Schema:
        return pa.schema(self._open(name).schema().to_arrow())

    def landed(self, name: str, deliveries: Iterable[str]) -> set[str]:
        """Of these deliveries, the ones the table carries; none if it was never written."""
        table = self._find(name)
        if table is None:
            return set()
        return {one for one in deliveries if table.transaction_version(one) is not None}

    def mark(self, name: str, mark: str, version: int | None = None) -> int | None:
        """The number under this mark, as of the last commit that set it; None if none ever did."""
        with self._refusals(name):
            return self._tables.mark(self.uri(name), mark, version)

    def newest(self, name: str) -> int | None:
        """The newest version, or None if the table was never written."""
        table = self._find(name)
        return None if table is None else table.version()

    def fingerprint(self, name: str) -> str | None:
        """What `overwrite` was told last; None after another change of the rows."""
        commits = self._open(name).history()
        changes = (one for one in commits if TIDIED not in one and one["operation"] not in _TIDYING)
        return next(changes, {}).get(FINGERPRINT)

    def told(self, name: str, key: str) -> list[tuple[int, str]]:
        """Each version whose commit says something under this key, and what; newest first."""
        commits = self._open(name).history()
        return [(int(one["version"]), str(one[key])) for one in commits if key in one]

    def committed(self, name: str, version: int) -> datetime | None:
        """When a version was committed, in UTC; None if the log no longer says."""
        for one in self._open(name).history():
            if one["version"] == version:
                return datetime.fromtimestamp(one["timestamp"] / 1000, UTC)
        return None

    def read(
        self,
        name: str,
        version: int | None = None,
        columns: Sequence[str] | None = None,
        where: Where | None = None,
    ) -> pa.Table:
        """Rows of one version, in no promised order; `where` holds (column, operator, value)."""
        table = self._open(name, version)
        wanted = list(columns) if columns is not None else None
        with self._refusals(name):
            return table.to_pyarrow_table(
                columns=wanted,
                filters=list(where) if where else None,
                filesystem=self.store(name),
            )

    def batches(
        self, name: str, version: int, columns: Sequence[str], where: Where = ()
    ) -> Iterator[pa.RecordBatch]:
        """Rows of one version, some at a time; files without such rows are not opened."""
        with self._refusals(name):
            dataset = self._open(name, version).to_pyarrow_dataset(filesystem=self.store(name))
            condition = pq.filters_to_expression(list(where)) if where else None
            yield from dataset.to_batches(columns=list(columns), filter=condition)

    def pieces(
        self, name: str, version: int, column: str, low: object, high: object
    ) -> dict[str, Callable[[], pa.Table]]:
        """The files that may hold values from `low` to `high`, and what reads that column of each.

        A path names the same rows for ever.
        """
        with self._refusals(name):
            dataset = self._open(name, version).to_pyarrow_dataset(filesystem=self.store(name))
            between = [(column, ">=", low), (column, "<=", high)]
            found = dataset.get_fragments(filter=pq.filters_to_expression(between))
            return {one.path: partial(one.to_table, columns=[column]) for one in found}

    def count(self, name: str, version: int | None = None) -> int:
        """Rows of one version, read from the log alone."""
        return int(self._open(name, version).count())

    def counts(self, name: str, by: str) -> dict[str, int]:
        """Rows for each value of a column, reading that column alone."""
        found = pc.value_counts(self.read(name, columns=[by]).column(0))
        return {item["values"].as_py(): item["counts"].as_py() for item in found}

    def store(self, name: str) -> FileSystem:
        """What reads the table's files, see `reading_store`."""
        return reading_store(self.uri(name), self._options)

    def _open(self, name: str, version: int | None = None) -> DeltaTable:
        uri = self.uri(name)
        with self._refusals(name):
            return self._tables.newest(uri) if version is None else self._tables.at(uri, version)

    def _find(self, name: str) -> DeltaTable | None:
        try:
            return self._open(name)
        except TableMissing:
            return None

    @contextmanager
    def _refusals(self, name: str) -> Iterator[None]:
        try:
            yield
        except TableNotFoundError as error:
            raise TableMissing(self.uri(name)) from error
        except (DeltaError, pa.ArrowInvalid, FileNotFoundError) as error:
            raise LakeRefused(self.uri(name), str(error)) from error

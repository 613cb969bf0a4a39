"""The lake: Delta tables on local disk or on `s3://`, each delivery appended exactly once.

A thin writer of our own: dagster-deltalake can overwrite a table unasked (dagster issue 34064).
This one appends, or replaces on purpose, and fails closed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import (
    CommitProperties,
    DeltaTable,
    Schema,
    TableFeatures,
    Transaction,
    write_deltalake,
)
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, create_table_with_add_actions
from pyarrow.fs import FileSystem

from resources.delta_files import Layout, TableFiles, reading_store
from resources.errors import ConcurrentWrite, LakeRefused, PartlyLanded, TableMissing
from resources.open_tables import OpenTables

ATTEMPTS = 20
FINGERPRINT = "slipway.fingerprint"
Where = Sequence[tuple[str, str, Any]]
# By default a checkpoint drops what the log says of versions older than 30 days; a registered model
# may name an older one.
WHOLE_LOG: dict[str, str | None] = {"delta.enableExpiredLogCleanup": "false"}
TIDIED = "slipway.tidied"
_TIDYING = ("VACUUM START", "VACUUM END", "SET TBLPROPERTIES")


class Lake:
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

    def append(self, name: str, table: pa.Table, deliveries: Sequence[str]) -> int:
        """Append in one commit that names every delivery; returns the version after it.

        If all have landed already, nothing is written. The ledger is read again before each
        attempt, and an attempt that meets another commit fails as a whole.

        Raises
        ------
        PartlyLanded
            If only some of the deliveries are in the table: leave them out.
        ConcurrentWrite
            If other writers keep winning.
        """
        for _ in range(ATTEMPTS):
            behind = self.newest(name)
            landed = self.landed(name, deliveries)
            if deliveries and len(landed) == len(set(deliveries)):
                return self.version(name)
            if landed:
                raise PartlyLanded(self.uri(name), sorted(landed))
            rows = table if behind is None else self._in_order(name, behind, table)
            ledger = dict.fromkeys(deliveries, 1)
            version = self.commit_behind(name, behind, rows.schema, rows.to_batches(), ledger)
            if version is not None:
                return version
        raise ConcurrentWrite(self.uri(name), ATTEMPTS)

    def mark(self, name: str, mark: str, version: int | None = None) -> int | None:
        """The number under this mark, as of the last commit that set it; None if none ever did."""
        with self._refusals(name):
            return self._tables.mark(self.uri(name), mark, version)

    def newest(self, name: str) -> int | None:
        """The newest version, or None if the table was never written."""
        table = self._find(name)
        return None if table is None else table.version()

    def commit_behind(
        self,
        name: str,
        behind: int | None,
        schema: pa.Schema,
        batches: Iterable[pa.RecordBatch],
        marks: Mapping[str, int],
        *,
        replace: bool = False,
        layout: Layout | None = None,
    ) -> int | None:
        """Append, or replace all, in one commit right behind a version; compare and swap.

        Parameters
        ----------
        behind
            The version that the caller looked at; None if there was no table.
        batches
            Taken one by one as they are written. What they raise is raised here, and nothing is
            in the table.
        marks
            Numbers that the table carries from this commit on, see `mark`.

        Returns the new version; None if another writer was faster: look again, then decide.
        """
        files = self.files(name)
        written = files.write(schema, batches, layout or Layout())
        version = 0 if behind is None else behind + 1
        # Where an error leaves open whether the commit has landed, the files stay: vacuum knows.
        with self._refusals(name):
            committed = self._commit(name, behind, schema, written, marks, replace=replace)
        if committed or self.holds(name, version, written):
            return version
        files.discard(written)
        return None

    def holds(self, name: str, version: int, files: list[AddAction]) -> bool:
        """Whether a version names these files: a store may say no to a commit that has landed.

        It does so to the second try of a conditional put whose first answer was lost.
        """
        uris = self._open(name, version).file_uris() if files else []
        return any(uri.endswith(f"/{file.path}") for uri in uris for file in files[:1])

    def _commit(
        self,
        name: str,
        behind: int | None,
        schema: pa.Schema,
        files: list[AddAction],
        marks: Mapping[str, int],
        *,
        replace: bool,
    ) -> bool:
        ledger = [Transaction(app_id=mark, version=number) for mark, number in marks.items()]
        told = CommitProperties(app_transactions=ledger, max_commit_retries=0)
        try:
            if behind is not None:
                return self._add(name, self._open(name, behind), schema, files, told, replace)
            create_table_with_add_actions(
                self.uri(name), Schema.from_arrow(schema), files,
                configuration=WHOLE_LOG, storage_options=self._options, commit_properties=told,
            )  # fmt: skip
        except CommitFailedError:
            return False
        except DeltaError:
            if behind is None and self.exists(name):
                return False
            raise
        return True

    def _add(
        self,
        name: str,
        seen: DeltaTable,
        schema: pa.Schema,
        files: list[AddAction],
        told: CommitProperties,
        replace: bool,
    ) -> bool:
        if replace and _lacks_times(seen, schema):
            seen.alter.add_feature(
                TableFeatures.TimestampWithoutTimezone, allow_protocol_versions_increase=True
            )
            return False
        if not replace:
            self._require_fit(name, seen, schema)
        mode = "overwrite" if replace else "append"
        seen.create_write_transaction(
            list(files), mode, Schema.from_arrow(schema), commit_properties=told
        )
        return True

    def _in_order(self, name: str, version: int, table: pa.Table) -> pa.Table:
        """The columns as the table has them, if they are the same."""
        names = [field.name for field in self._open(name, version).schema().fields]
        return table.select(names) if set(names) == set(table.column_names) else table

    def _require_fit(self, name: str, table: DeltaTable, schema: pa.Schema) -> None:
        has, got = table.schema(), Schema.from_arrow(schema)
        if has != got:
            raise LakeRefused(self.uri(name), f"it has {has.to_json()}, got {got.to_json()}")

    def overwrite(
        self, name: str, table: pa.Table, fingerprint: str, told: Mapping[str, str] | None = None
    ) -> int:
        """Replace the content in one commit, unless it has this fingerprint already.

        `told` stands in the commit as well, see `told`.
        """
        if self.exists(name) and self.fingerprint(name) == fingerprint:
            return self.version(name)
        with self._refusals(name):
            write_deltalake(
                self.uri(name),
                table,
                mode="overwrite",
                schema_mode="overwrite",
                storage_options=self._options,
                configuration=None if self.exists(name) else WHOLE_LOG,
                commit_properties=CommitProperties(
                    custom_metadata={**(told or {}), FINGERPRINT: fingerprint}
                ),
            )
        return self.version(name)

    def fingerprint(self, name: str) -> str | None:
        """What `overwrite` was told last; None after another change of the rows."""
        commits = self._open(name).history()
        changes = (one for one in commits if TIDIED not in one and one["operation"] not in _TIDYING)
        return next(changes, {}).get(FINGERPRINT)

    def told(self, name: str, key: str) -> list[tuple[int, str]]:
        """Each version whose commit says something under this key, and what; newest first."""
        commits = self._open(name).history()
        return [(int(one["version"]), str(one[key])) for one in commits if key in one]

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

    def store(self, name: str) -> FileSystem | None:
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


def _lacks_times(table: DeltaTable, schema: pa.Schema) -> bool:
    """Times without a zone are a feature that a table must have before it holds any."""
    features = table.protocol().writer_features or []
    return "timestampNtz" not in features and any(map(pa.types.is_timestamp, schema.types))

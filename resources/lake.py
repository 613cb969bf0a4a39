"""The lake: Delta tables on local disk or on `s3://`, each delivery appended exactly once.

A thin writer of our own: dagster-deltalake can overwrite a table unasked (dagster issue 34064).
This one appends, or replaces on purpose, and fails closed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import (
    ColumnProperties,
    CommitProperties,
    DeltaTable,
    Transaction,
    WriterProperties,
    write_deltalake,
)
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from resources.errors import ConcurrentWrite, LakeRefused, PartlyLanded, TableMissing

ATTEMPTS = 20
FINGERPRINT = "slipway.fingerprint"
TARGET_FILE_BYTES = 128 * 1024 * 1024
Where = Sequence[tuple[str, str, Any]]
_COMPRESSION: dict[str, Any] = {"compression": "ZSTD", "compression_level": 1}
# By default a checkpoint drops what the log says of versions older than 30 days; a registered model
# may name an older one.
WHOLE_LOG: dict[str, str | None] = {"delta.enableExpiredLogCleanup": "false"}
_TIDYING = ("OPTIMIZE", "VACUUM START", "VACUUM END", "SET TBLPROPERTIES")


@dataclass(frozen=True)
class Layout:
    """How a table's files are written.

    At most `group_rows` rows are held in memory before they are written; `plain` names columns of
    large values, for which dictionaries and statistics would be built in vain.
    """

    group_rows: int = 250_000
    plain: tuple[str, ...] = ()


class Lake:
    """All tables below one root; a table's name is a path such as `fraud/raw`."""

    def __init__(self, root: str, storage_options: Mapping[str, str] | None = None) -> None:
        self._root = root.rstrip("/")
        self._options = dict(storage_options or {})

    def uri(self, name: str) -> str:
        return f"{self._root}/{name}"

    def table(self, name: str, version: int | None = None) -> DeltaTable:
        """What `resources.lake_upkeep` works on."""
        return self._open(name, version)

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
        return _landed(self._open(name), deliveries) if self.exists(name) else set()

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
            seen = self._open(name) if self.exists(name) else None
            landed = _landed(seen, deliveries) if seen else set()
            if deliveries and len(landed) == len(set(deliveries)):
                return self.version(name)
            if landed:
                raise PartlyLanded(self.uri(name), sorted(landed))
            if self._append_behind(seen, name, table, deliveries):
                return self.version(name)
        raise ConcurrentWrite(self.uri(name), ATTEMPTS)

    def mark(self, name: str, mark: str, version: int | None = None) -> int | None:
        """The number under this mark, as of the last commit that set it; None if none ever did."""
        return self._open(name, version).transaction_version(mark)

    def newest(self, name: str) -> int | None:
        """The newest version, or None if the table was never written."""
        return self.version(name) if self.exists(name) else None

    def commit_behind(
        self,
        name: str,
        behind: int | None,
        schema: pa.Schema,
        batches: Iterable[pa.RecordBatch],
        marks: Mapping[str, int],
        *,
        replace: bool = False,
        within: str | None = None,
        layout: Layout | None = None,
    ) -> int | None:
        """Append, or replace all, in one commit right behind a version; compare and swap.

        Parameters
        ----------
        behind
            The version that the caller looked at; None if there was no table.
        batches
            Taken one by one as they are written, in a thread in which no table can be opened (see
            `platform_assets.data.ahead`). What they raise is raised here, and nothing is in the
            table.
        marks
            Numbers that the table carries from this commit on, see `mark`.
        within
            A condition in SQL: with `replace`, only the rows that meet it are replaced. The batches
            must meet it too.

        Returns the new version; None if another writer was faster: look again, then decide.
        """
        stream = _Stream(batches)
        ledger = [Transaction(app_id=mark, version=number) for mark, number in marks.items()]
        how: dict[str, Any] = {"mode": "error" if behind is None else "append"}
        if replace and behind is not None:
            rest = {"predicate": within} if within else {"schema_mode": "overwrite"}
            how = {"mode": "overwrite", **rest}
        try:
            write_deltalake(
                self.uri(name) if behind is None else self._open(name, behind),
                pa.RecordBatchReader.from_batches(schema, stream),
                storage_options=self._options,
                writer_properties=writer_properties(layout or Layout()),
                target_file_size=TARGET_FILE_BYTES,
                configuration=WHOLE_LOG if behind is None else None,
                commit_properties=CommitProperties(app_transactions=ledger, max_commit_retries=0),
                **how,
            )
        except CommitFailedError:
            return None
        except (DeltaError, pa.ArrowException) as error:
            if stream.failure is not None:
                raise stream.failure from error
            if behind is None and self.exists(name):
                return None
            raise LakeRefused(self.uri(name), str(error)) from error
        return 0 if behind is None else behind + 1

    def overwrite(self, name: str, table: pa.Table, fingerprint: str) -> int:
        """Replace the content in one commit, unless it has this fingerprint already."""
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
                commit_properties=CommitProperties(custom_metadata={FINGERPRINT: fingerprint}),
            )
        return self.version(name)

    def fingerprint(self, name: str) -> str | None:
        """What `overwrite` was told last; None after another change of the rows."""
        commits = self._open(name).history()
        changes = (one for one in commits if one["operation"] not in _TIDYING)
        return next(changes, {}).get(FINGERPRINT)

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
            return table.to_pyarrow_table(columns=wanted, filters=list(where) if where else None)

    def batches(
        self, name: str, version: int, columns: Sequence[str], where: Where = ()
    ) -> Iterator[pa.RecordBatch]:
        """Rows of one version, some at a time; files without such rows are not opened."""
        with self._refusals(name):
            dataset = self._open(name, version).to_pyarrow_dataset()
            condition = pq.filters_to_expression(list(where)) if where else None
            yield from dataset.to_batches(columns=list(columns), filter=condition)

    def pieces(
        self, name: str, version: int, column: str, low: object, high: object
    ) -> dict[str, Callable[[], pa.Table]]:
        """The files that may hold values from `low` to `high`, and what reads that column of each.

        A path names the same rows for ever.
        """
        with self._refusals(name):
            dataset = self._open(name, version).to_pyarrow_dataset()
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

    def _open(self, name: str, version: int | None = None) -> DeltaTable:
        with self._refusals(name):
            try:
                return DeltaTable(self.uri(name), version=version, storage_options=self._options)
            except TableNotFoundError as error:
                raise TableMissing(self.uri(name)) from error

    @contextmanager
    def _refusals(self, name: str) -> Iterator[None]:
        try:
            yield
        except (DeltaError, pa.ArrowInvalid, FileNotFoundError) as error:
            raise LakeRefused(self.uri(name), str(error)) from error

    def _append_behind(
        self, seen: DeltaTable | None, name: str, table: pa.Table, deliveries: Sequence[str]
    ) -> bool:
        """Commit right behind the version just seen; False if another writer was faster."""
        ledger = [Transaction(app_id=delivery, version=1) for delivery in deliveries]
        try:
            write_deltalake(
                seen if seen is not None else self.uri(name),
                table,
                mode="append" if seen is not None else "error",
                storage_options=self._options,
                configuration=None if seen is not None else WHOLE_LOG,
                # deltalake 1.6 would try again behind commits that nobody here has read. It refuses
                # those with one of these transactions, but promises that nowhere.
                commit_properties=CommitProperties(app_transactions=ledger, max_commit_retries=0),
            )
        except CommitFailedError:
            return False
        except DeltaError as error:
            if seen is None and self.exists(name):
                return False
            raise LakeRefused(self.uri(name), str(error)) from error
        return True


class _Stream:
    """Batches on their way through Rust, which would make a plain text of what they raise."""

    def __init__(self, batches: Iterable[pa.RecordBatch]) -> None:
        self._batches = batches
        self.failure: Exception | None = None

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        try:
            yield from self._batches
        except Exception as error:
            self.failure = error
            raise


def writer_properties(layout: Layout) -> WriterProperties:
    plain = ColumnProperties(dictionary_enabled=False, statistics_enabled="NONE")
    return WriterProperties(
        max_row_group_size=layout.group_rows,
        column_properties=dict.fromkeys(layout.plain, plain),
        **_COMPRESSION,
    )


def _landed(table: DeltaTable, deliveries: Iterable[str]) -> set[str]:
    return {one for one in deliveries if table.transaction_version(one) is not None}

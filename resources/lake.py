"""The lake: Delta tables on local disk or on `s3://`, each delivery appended exactly once.

A thin writer of our own: dagster-deltalake can overwrite a table unasked (dagster issue 34064).
This one appends, or replaces on purpose, and fails closed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from resources.errors import ConcurrentWrite, LakeRefused, PartlyLanded, TableMissing

ATTEMPTS = 20
FINGERPRINT = "slipway.fingerprint"
Where = Sequence[tuple[str, str, Any]]


class Lake:
    """All tables below one root; a table's name is a path such as `fraud/raw`."""

    def __init__(self, root: str, storage_options: Mapping[str, str] | None = None) -> None:
        self._root = root.rstrip("/")
        self._options = dict(storage_options or {})

    def uri(self, name: str) -> str:
        return f"{self._root}/{name}"

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
                commit_properties=CommitProperties(custom_metadata={FINGERPRINT: fingerprint}),
            )
        return self.version(name)

    def fingerprint(self, name: str) -> str | None:
        """What `overwrite` was told last; None after another kind of commit."""
        return self._open(name).history(1)[0].get(FINGERPRINT)

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
        except (DeltaError, pa.ArrowInvalid) as error:
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


def _landed(table: DeltaTable, deliveries: Iterable[str]) -> set[str]:
    return {one for one in deliveries if table.transaction_version(one) is not None}

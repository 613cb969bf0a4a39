"""The lake: Delta tables on local disk or on `s3://`, each delivery appended exactly once.

A thin writer of our own: dagster-deltalake can overwrite a table unasked (dagster issue 34064).
This one appends, or replaces on purpose, and fails closed.
"""

from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa
from deltalake import (
    CommitProperties,
    DeltaTable,
    Schema,
    TableFeatures,
    Transaction,
    write_deltalake,
)
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.transaction import AddAction, create_table_with_add_actions

from resources.delta_files import Layout
from resources.errors import ConcurrentWrite, LakeRefused, PartlyLanded
from resources.lake_reading import FINGERPRINT, ReadableLake

ATTEMPTS = 20
# By default a checkpoint drops what the log says of versions older than 30 days; a registered model
# may name an older one.
WHOLE_LOG: dict[str, str | None] = {"delta.enableExpiredLogCleanup": "false"}


class Lake(ReadableLake):
    """The lake with what writes to it."""

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

    def widen(self, name: str, schema: pa.Schema) -> bool:
        """Add the columns that a table lacks, empty in all its rows; returns whether any was.

        Of two that add the same column one is too late, and is told so as if it had added it.
        """
        table = self._open(name)
        there = {field.name for field in table.schema().fields}
        lacking = [one for one in Schema.from_arrow(schema).fields if one.name not in there]
        if lacking:
            with self._refusals(name):
                try:
                    self.table(name).alter.add_columns(lacking)
                except CommitFailedError:
                    return True
        return bool(lacking)

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


def _lacks_times(table: DeltaTable, schema: pa.Schema) -> bool:
    """Times without a zone are a feature that a table must have before it holds any."""
    features = table.protocol().writer_features or []
    return "timestampNtz" not in features and any(map(pa.types.is_timestamp, schema.types))

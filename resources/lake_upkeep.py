"""Keeping the files of a Delta table few, and letting go of those that nobody can ask for any more.

Neither changes a row: marks and fingerprints stay, the version goes up.
"""

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
from deltalake import DeltaTable
from deltalake.transaction import RemoveAction

from resources.delta_files import FILE_BYTES, Layout
from resources.errors import ConcurrentWrite
from resources.lake import ATTEMPTS, WHOLE_LOG, Lake
from resources.lake_exchange import exchange
from resources.lake_reading import TIDIED

# A file in no version may belong to a writer that has not committed yet.
UNCOMMITTED = timedelta(days=1)
# What is merged once is large enough to be left alone.
SMALL_BYTES = FILE_BYTES // 4
BATCH_ROWS = 65_536
_HOUR = timedelta(hours=1)
_NO_LOG = {"delta.enableExpiredLogCleanup": "true", "delta.logRetentionDuration": "interval 0 days"}
_LOG = {**WHOLE_LOG, "delta.logRetentionDuration": "interval 36500 days"}


@dataclass(frozen=True)
class Tidied:
    """What a pass did to one table: its files before and after, and the bytes let go of."""

    files_before: int
    files_after: int
    bytes_freed: int
    versions_kept: tuple[int, ...]


def tidy(
    lake: Lake, name: str, layout: Layout, retention: timedelta, keep: Collection[int]
) -> Tidied:
    """Merge small files, then delete those that left the table longer than `retention` ago.

    The newest version and the versions in `keep` can still be read; of the others those whose
    files are all younger.
    """
    before = len(lake.table(name).file_uris())
    _keep_log(lake, name)
    compact(lake, name, layout)
    kept = tuple(sorted(set(keep) & set(range(lake.version(name) + 1))))
    freed = vacuum(lake, name, retention, kept, untracked=True)
    return Tidied(before, len(lake.table(name).file_uris()), freed, kept)


def purge(lake: Lake, name: str) -> int:
    """Delete every file that the newest version does not need; returns the bytes let go of.

    Files that were in no version are deleted once no writer can be about to commit them. The log
    begins anew, for it holds the smallest and the largest values of every file there was. No other
    version can be read afterwards.
    """
    freed = vacuum(lake, name, timedelta(0))
    freed += vacuum(lake, name, UNCOMMITTED, untracked=True)
    lake.table(name).alter.set_table_properties(_NO_LOG)
    table = lake.table(name)
    table.create_checkpoint()
    table.cleanup_metadata()
    _keep_log(lake, name)
    return freed


def compact(lake: Lake, name: str, layout: Layout) -> None:
    """Merge small files in the order of their rows; whoever commits meanwhile goes first.

    deltalake's own compaction keeps no ranges of the columns behind the 32nd, and then takes a file
    without a range for one without such rows.

    Raises
    ------
    ConcurrentWrite
        If other writers keep winning.
    """
    for _ in range(ATTEMPTS):
        table = lake.table(name)
        small = _small(table)
        if len(small) < 2 or _merge(lake, name, table, small, layout):
            return
    raise ConcurrentWrite(lake.uri(name), ATTEMPTS)


def _small(table: DeltaTable) -> list[RemoveAction]:
    """The files that are worth merging, oldest first."""
    now = int(time.time() * 1000)
    files = pa.table(table.get_add_actions()).select(["path", "size_bytes", "modification_time"])
    found = [one for one in files.to_pylist() if one["size_bytes"] < SMALL_BYTES]
    return [
        RemoveAction(one["path"], data_change=False, deletion_timestamp=now, size=one["size_bytes"])
        for one in sorted(found, key=lambda one: one["modification_time"])
    ]


def _merge(
    lake: Lake, name: str, table: DeltaTable, small: Sequence[RemoveAction], layout: Layout
) -> bool:
    """Commit the rows of these files as fewer files; False if another writer was faster."""
    files = lake.files(name)
    schema = pa.schema(table.schema().to_arrow())
    merged = files.write(schema, _rows(table, small, layout, lake.store(name)), layout)
    adds = [replace(one, data_change=False) for one in merged]
    return exchange(lake, name, table, adds, small, {TIDIED: "true"})


def _rows(
    table: DeltaTable,
    files: Sequence[RemoveAction],
    layout: Layout,
    store: pafs.FileSystem,
) -> Iterator[pa.RecordBatch]:
    dataset, rows = table.to_pyarrow_dataset(filesystem=store), min(layout.group_rows, BATCH_ROWS)
    fragments = {one.path: one for one in dataset.get_fragments()}
    for file in files:
        yield from fragments[file.path].to_batches(
            schema=dataset.schema, batch_size=rows, batch_readahead=1
        )


def vacuum(
    lake: Lake,
    name: str,
    retention: timedelta,
    keep: Collection[int] = (),
    *,
    untracked: bool = False,
) -> int:
    """Delete files that left the table longer ago; returns their bytes.

    `untracked` takes in the files that no version ever had: what a killed writer left.
    """
    table = lake.table(name)
    asked: dict[str, Any] = {
        "retention_hours": retention // _HOUR,
        "enforce_retention_duration": False,
        "keep_versions": list(keep) or None,
        "full": untracked,
    }
    there = _there(lake.store(name), table.vacuum(dry_run=True, **asked))
    if there:
        table.vacuum(dry_run=False, **asked)
    return sum(one.size or 0 for one in there)


def _keep_log(lake: Lake, name: str) -> None:
    table = lake.table(name)
    if table.metadata().configuration.get("delta.enableExpiredLogCleanup") != "false":
        table.alter.set_table_properties({key: str(value) for key, value in _LOG.items()})


def _there(store: pafs.FileSystem, files: Collection[str]) -> list[pafs.FileInfo]:
    """Those of the files that are there: deltalake also lists what it deleted earlier."""
    return [one for one in store.get_file_info(list(files)) if one.type is pafs.FileType.File]

"""Keeping the files of a Delta table few, and letting go of those that nobody can ask for any more.

Neither changes a row: marks and fingerprints stay, the version goes up.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pyarrow.fs as pafs
from deltalake import CommitProperties, DeltaTable
from deltalake.exceptions import CommitFailedError

from resources.errors import ConcurrentWrite
from resources.lake import ATTEMPTS, TARGET_FILE_BYTES, WHOLE_LOG, Lake, Layout, writer_properties

# A file in no version may belong to a writer that has not committed yet.
UNCOMMITTED = timedelta(days=1)
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

    Raises
    ------
    ConcurrentWrite
        If other writers keep winning.
    """
    for _ in range(ATTEMPTS):
        try:
            lake.table(name).optimize.compact(
                target_size=TARGET_FILE_BYTES,
                writer_properties=writer_properties(layout),
                commit_properties=CommitProperties(max_commit_retries=0),
            )
        except CommitFailedError:
            continue
        return
    raise ConcurrentWrite(lake.uri(name), ATTEMPTS)


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
    there = _there(table, table.vacuum(dry_run=True, **asked))
    if there:
        table.vacuum(dry_run=False, **asked)
    return sum(one.size or 0 for one in there)


def _keep_log(lake: Lake, name: str) -> None:
    table = lake.table(name)
    if table.metadata().configuration.get("delta.enableExpiredLogCleanup") != "false":
        table.alter.set_table_properties({key: str(value) for key, value in _LOG.items()})


def _there(table: DeltaTable, files: Collection[str]) -> list[pafs.FileInfo]:
    """Those of the files that are there: deltalake also lists what it deleted earlier."""
    store = table.to_pyarrow_dataset().filesystem
    return [one for one in store.get_file_info(list(files)) if one.type is pafs.FileType.File]

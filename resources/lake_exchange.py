"""Files of a Delta table for other files, in one commit right behind the version looked at."""

from collections.abc import Mapping, Sequence

from deltalake import CommitProperties, DeltaTable
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction, RemoveAction

from resources.lake import Lake


def exchange(
    lake: Lake,
    name: str,
    table: DeltaTable,
    added: Sequence[AddAction],
    removed: Sequence[RemoveAction],
    told: Mapping[str, str] | None = None,
) -> bool:
    """Commit it behind `table`'s version; False, and `added` is discarded, if another was faster.

    `told` stands in the commit.
    """
    properties = CommitProperties(custom_metadata=dict(told or {}), max_commit_retries=0)
    try:
        table.create_write_transaction(
            [*added, *removed], "append", table.schema(), commit_properties=properties
        )
    except CommitFailedError:
        if lake.holds(name, table.version() + 1, list(added)):
            return True
        lake.files(name).discard(list(added))
        return False
    return True

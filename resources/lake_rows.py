"""Taking rows out of a Delta table without touching the files that have none of them.

deltalake's own deletion writes ranges of the first 32 columns alone, see `lake_upkeep.compact`.
"""

import time
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.transaction import RemoveAction

from resources.delta_files import Layout
from resources.errors import ConcurrentWrite
from resources.lake import ATTEMPTS, Lake
from resources.lake_exchange import exchange
from resources.lake_reading import Where

Mask = Callable[[pa.Table], pa.Array]


def take_out(lake: Lake, name: str, gone: Mask, layout: Layout, where: Where = ()) -> int:
    """Take rows out in one commit; returns how many. Marks stay, and so do older versions.

    `gone` says which rows of a file, shape (n,), without nulls; files whose ranges rule out `where`
    are not opened.

    Raises
    ------
    ConcurrentWrite
        If other writers keep winning.
    """
    for _ in range(ATTEMPTS):
        taken = _attempt(lake, name, gone, layout, where)
        if taken is not None:
            return taken
    raise ConcurrentWrite(lake.uri(name), ATTEMPTS)


def _attempt(lake: Lake, name: str, gone: Mask, layout: Layout, where: Where) -> int | None:
    """One try behind the newest version; None if another writer was faster."""
    table = lake.table(name)
    kept, paths, taken = _parted(lake, name, table, gone, where)
    if not taken:
        return 0
    files, schema = lake.files(name), pa.schema(table.schema().to_arrow())
    written = files.write(schema, (part for one in kept for part in one.to_batches()), layout)
    now = int(time.time() * 1000)
    removed = [RemoveAction(path, True, now, size=size) for path, size in paths.items()]
    return taken if exchange(lake, name, table, written, removed) else None


def _parted(
    lake: Lake, name: str, table: DeltaTable, gone: Mask, where: Where
) -> tuple[list[pa.Table], dict[str, int], int]:
    """What stays of each file that has such rows, these files by size, how many rows go."""
    actions = pa.table(table.get_add_actions()).select(["path", "size_bytes"]).to_pylist()
    sizes = {one["path"]: one["size_bytes"] for one in actions}
    dataset = table.to_pyarrow_dataset(filesystem=lake.store(name))
    condition = pq.filters_to_expression(list(where)) if where else None
    kept, paths, taken = list[pa.Table](), dict[str, int](), 0
    for fragment in dataset.get_fragments(filter=condition):
        rows = fragment.to_table(schema=dataset.schema)
        mask = gone(rows)
        count = int(pc.sum(mask).as_py() or 0)
        if count:
            kept.append(rows.filter(pc.invert(mask)))
            paths[fragment.path] = sizes[fragment.path]
            taken += count
    return kept, paths, taken

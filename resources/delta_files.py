"""The Parquet files of a Delta table, written as rows come, with what lets readers pass them by.

deltalake's own writer gathers 8,192 rows before it writes any (1.5 GB of rows that hold blocks of
files) and takes them in no promised order. This one keeps the order and holds one row group for
each of its writers.
"""

import json
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs
import pyarrow.parquet as pq
from deltalake.fs import DeltaStorageHandler
from deltalake.transaction import AddAction

from resources.dealing import dealt

FILE_BYTES = 128 << 20
MUCH_BYTES = 32 << 20
# Delta has no bound for them; a log full of long texts would be slow to open.
LONGEST_TEXT = 64
# Of so many rows, more than this share of values must be distinct for a column to be without
# dictionary.
SAMPLE, REPEATING = 10_000, 0.9
_LAST = "\U0010ffff"


@dataclass(frozen=True)
class Layout:
    """How a table's files are laid out.

    At most `group_rows` rows or about `group_bytes` bytes are held in memory before they are
    written; `plain` names columns of large values, for which dictionaries and statistics would be
    made in vain. Several `writers` encode at the same time, each into files of its own.
    """

    group_rows: int = 1_000_000
    group_bytes: int = 16 << 20
    plain: tuple[str, ...] = ()
    writers: int = 1

    def for_bytes(self, size: int) -> "Layout":
        """The same, with two writers where so many bytes are worth more than one file."""
        return replace(self, writers=2 if size > MUCH_BYTES else 1)


class TableFiles:
    """Writes files into the folder of one table; they are in the table once a commit names them."""

    def __init__(self, uri: str, options: dict[str, str]) -> None:
        if "://" not in uri:
            Path(uri).mkdir(parents=True, exist_ok=True)
        self._store = pafs.PyFileSystem(DeltaStorageHandler(uri, options))

    def write(
        self, schema: pa.Schema, batches: Iterable[pa.RecordBatch], layout: Layout
    ) -> list[AddAction]:
        """The rows in as many files as they fill; what `batches` raises is raised.

        One writer keeps them in order. Several take the groups in turn, and each keeps its own so.
        """
        written: list[AddAction] = []

        def fill(groups: Iterator[pa.Table]) -> list[AddAction]:
            files = []
            while (first := next(groups, None)) is not None:
                files.append(self._write_one(schema, first, groups, layout))
                written.append(files[-1])
            return files

        try:
            shares = dealt(_groups(schema, batches, layout), fill, layout.writers)
        except BaseException:
            self.discard(written)
            raise
        return [file for files in shares for file in files]

    def discard(self, files: Sequence[AddAction]) -> None:
        """Remove files that no commit will name."""
        for file in files:
            self._store.delete_file(file.path)

    def _write_one(
        self, schema: pa.Schema, first: pa.Table, others: Iterator[pa.Table], layout: Layout
    ) -> AddAction:
        path = f"part-{uuid.uuid4()}.zstd.parquet"
        names = [name for name in schema.names if name not in layout.plain]
        dictionaries, encodings = encoded(first.select(names))
        footers: list[pq.FileMetaData] = []
        with self._store.open_output_stream(path) as out:
            with pq.ParquetWriter(
                out, schema, compression="zstd", compression_level=1,
                use_dictionary=dictionaries, column_encoding=encodings,
                write_statistics=names, metadata_collector=footers,
            ) as writer:  # fmt: skip
                group: pa.Table | None = first
                while group is not None:
                    writer.write_table(group, row_group_size=max(group.num_rows, 1))
                    group = next(others, None) if out.tell() < FILE_BYTES else None
            size = out.tell()
        stats = json.dumps(statistics(footers[0], names))
        return AddAction(path, size, {}, int(time.time() * 1000), True, stats)


def reading_store(uri: str, options: Mapping[str, str]) -> pafs.FileSystem:
    """What reads the files of a table.

    deltalake's own is Python called by Arrow's threads, which may outlive the interpreter: then the
    process aborts after its work is done. It also copies all that it reads.
    """
    if not uri.startswith("s3://"):
        return pafs.SubTreeFileSystem(uri.removeprefix("file://"), pafs.LocalFileSystem())
    address = urlsplit(options.get("endpoint", ""))
    server = pafs.S3FileSystem(
        endpoint_override=address.netloc or None,
        scheme=address.scheme or "https",
        region=options.get("region"),
        access_key=options.get("access_key_id"),
        secret_key=options.get("secret_access_key"),
    )
    return pafs.SubTreeFileSystem(uri.removeprefix("s3://"), server)


def encoded(rows: pa.Table) -> tuple[list[str], dict[str, str]]:
    """The columns to make dictionaries for, and encodings of others, by the first rows of a file.

    A dictionary of values that hardly ever repeat costs much and saves nothing.
    """
    flat = [field.name for field in rows.schema if not pa.types.is_nested(field.type)]
    some = rows.select(flat).slice(0, SAMPLE)
    unlike = [
        field.name
        for field in some.schema
        if pc.count_distinct(some.column(field.name)).as_py() > REPEATING * some.num_rows
    ]
    packed = [name for name in unlike if _is_whole(some.schema.field(name).type)]
    dictionaries = [name for name in some.schema.names if name not in unlike]
    return dictionaries, dict.fromkeys(packed, "DELTA_BINARY_PACKED")


def _is_whole(kind: pa.DataType) -> bool:
    checks = (pa.types.is_signed_integer, pa.types.is_timestamp, pa.types.is_date32)
    return any(check(kind) for check in checks)


def statistics(metadata: pq.FileMetaData, names: Sequence[str]) -> dict[str, Any]:
    """Delta's statistics of one file: rows, and of each column its nulls, least and largest.

    Columns of lists and of structures have none.
    """
    found: dict[str, Any] = {
        "numRecords": metadata.num_rows, "minValues": {}, "maxValues": {}, "nullCount": {},
    }  # fmt: skip
    leaves = [metadata.schema.column(place) for place in range(metadata.num_columns)]
    # The parts of a nested column go by paths such as `tags.list.element`.
    places = {leaf.path: place for place, leaf in enumerate(leaves) if leaf.path == leaf.name}
    for name in [name for name in names if name in places]:
        chunks = [
            metadata.row_group(group).column(places[name]).statistics
            for group in range(metadata.num_row_groups)
        ]
        # pyarrow 25 crashes where its statistics are compared with None.
        if any(chunk is None for chunk in chunks):
            continue
        found["nullCount"][name] = sum(chunk.null_count for chunk in chunks)
        valued = [chunk for chunk in chunks if chunk.num_values]
        if valued and all(chunk.has_min_max for chunk in valued):
            _add_range(found, name, [(chunk.min, chunk.max) for chunk in valued])
    return found


def _add_range(found: dict[str, Any], name: str, ranges: Sequence[tuple[Any, Any]]) -> None:
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    if isinstance(low, datetime):
        low, high = (end.isoformat(timespec="microseconds") for end in (low, high))
    # deltalake passes a file by, whatever is asked for, if it has no range for the column.
    if isinstance(low, str):
        low, high = low[:LONGEST_TEXT], _at_least(high)
    if isinstance(low, bool | int | float | str):
        found["minValues"][name], found["maxValues"][name] = low, high


def _at_least(text: str) -> str:
    """The text, or a short one that comes after it."""
    if len(text) <= LONGEST_TEXT:
        return text
    end = LONGEST_TEXT
    while text[end : end + 1] == _LAST:
        end += 1
    return text[:end] + _LAST


def _groups(
    schema: pa.Schema, batches: Iterable[pa.RecordBatch], layout: Layout
) -> Iterator[pa.Table]:
    """The rows in groups of the layout's size."""
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        if held and (rows + batch.num_rows > layout.group_rows or size > layout.group_bytes):
            yield pa.Table.from_batches(held, schema)
            held, rows, size = [], 0, 0
        held.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
    if rows:
        yield pa.Table.from_batches(held, schema)

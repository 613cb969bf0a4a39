"""Files as rows of the raw table: their bytes in blocks, in order, with what names the file."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from platform_assets.data.reading.pieces import buffered
from platform_assets.data.reading.rows import Readable
from resources.delta_files import Layout
from resources.lake import Lake

BLOCK = 4 << 20
PAGE = 4
DELIVERY, DIGEST, FILE, ARRIVED = "_delivery", "_digest", "_file", "_arrived"
NUMBER, SIZE, BYTES = "_block", "_size", "_bytes"
SCHEMA = pa.schema(
    [
        (DELIVERY, pa.int64()),
        (DIGEST, pa.string()),
        (FILE, pa.string()),
        (ARRIVED, pa.timestamp("us")),
        (NUMBER, pa.int64()),
        (SIZE, pa.int64()),
        (BYTES, pa.binary()),
    ]
)
_WITHDRAWN = "withdrawn:"
# A row holds a block, so few rows are much.
LAYOUT = Layout(group_rows=PAGE, plain=(BYTES,))


@dataclass(frozen=True, order=True)
class Delivery:
    """One delivered file: its number in the raw table (from 1), SHA-256, name, arrival in UTC.

    `size` is in bytes.
    """

    number: int
    digest: str
    file: str
    arrived: datetime
    size: int = 0
    blocks: int = 1

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was taken out, and stands for no row."""
        return self.digest.startswith(_WITHDRAWN)

    def withdrawn(self) -> "Delivery":
        """The same, without its bytes."""
        return replace(self, digest=f"{_WITHDRAWN}{self.digest}", size=0, blocks=1)


def blocks(delivery: Delivery, content: Readable) -> Iterator[pa.RecordBatch]:
    """The content block by block; an empty file is one empty block."""
    number, block = 0, content.read(BLOCK)
    while block or number == 0:
        named = [delivery.number, delivery.digest, delivery.file, delivery.arrived]
        values = [*named, number, len(block)]
        told = [pa.array([one], kind) for one, kind in zip(values, SCHEMA.types, strict=False)]
        yield pa.record_batch([*told, _uncopied(block)], SCHEMA)
        number, block = number + 1, content.read(BLOCK)


def delivered(lake: Lake, name: str, version: int, after: int = 0) -> list[Delivery]:
    """The deliveries that the table carries, by number; the bytes are not read."""
    wanted = [DELIVERY, DIGEST, FILE, ARRIVED, NUMBER, SIZE]
    table = lake.read(name, version, wanted, [(DELIVERY, ">", after)] if after else None)
    found = table.group_by([DELIVERY, DIGEST, FILE, ARRIVED]).aggregate(
        [(SIZE, "sum"), (NUMBER, "count")]
    )
    rows = zip(*(column.to_pylist() for column in found.columns), strict=True)
    return sorted(Delivery(*row) for row in rows)


def content(lake: Lake, name: str, version: int, delivery: Delivery) -> io.BufferedReader:
    """The bytes of one delivery, as they were delivered, a few blocks in memory at a time."""
    return buffered(_pages(lake, name, version, delivery), BLOCK)


def _uncopied(block: bytes) -> pa.Array:
    """The block as the one value of an array."""
    ends = pa.py_buffer(np.array([0, len(block)], dtype=np.int32))
    return pa.Array.from_buffers(pa.binary(), 1, [None, ends, pa.py_buffer(block)])


def _pages(lake: Lake, name: str, version: int, delivery: Delivery) -> Iterator[pa.Buffer]:
    for first in range(0, delivery.blocks, PAGE):
        where = [
            (DELIVERY, "=", delivery.number), (NUMBER, ">=", first), (NUMBER, "<", first + PAGE),
        ]  # fmt: skip
        table = lake.read(name, version, [NUMBER, BYTES], where)
        # Sorting the table would copy the blocks.
        for place in pc.sort_indices(table.column(NUMBER)).to_pylist():
            yield table.column(BYTES)[place].as_buffer()

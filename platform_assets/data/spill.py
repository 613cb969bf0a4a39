"""Rows set aside in a file of this process until they are written, so that memory stays flat."""

import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import pyarrow as pa


class Spill:
    """Batches in, the same batches out; the file is gone afterwards, whatever happens."""

    def __init__(self, schema: pa.Schema) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  closed with the spill
        self._writer = pa.ipc.new_stream(self._file, schema)

    def add(self, table: pa.Table) -> None:
        self._writer.write_table(table)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """What was added, once."""
        self._writer.close()
        self._file.seek(0)
        yield from pa.ipc.open_stream(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

"""Rows and numbers set aside in a file of this process, so that memory stays flat."""

import io
import tempfile
from collections.abc import Iterator
from typing import IO, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Prints = npt.NDArray[np.uint64]


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

    def __exit__(self, *_: object) -> None:
        self._file.close()


class Aside:
    """Arrays of fingerprints in a file, which is there once it is needed and gone once closed."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None

    def put(self, prints: Prints) -> int:
        """Write them behind what is there; returns the place at which they are."""
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  closed by `close`
        place = self._file.seek(0, io.SEEK_END)
        self._file.write(np.ascontiguousarray(prints).data)
        return place

    def get(self, place: int, size: int) -> Prints:
        """The `size` fingerprints that were put at a place."""
        if self._file is None:
            raise ValueError("nothing was put aside")
        self._file.seek(place)
        content = self._file.read(size * np.dtype(np.uint64).itemsize)
        return np.frombuffer(content, np.uint64)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

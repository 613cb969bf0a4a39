"""Rows of a Parquet file, each value as text that gives the same value again."""

import tempfile
from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from platform_assets.data.reading.rows import Readable, TextRows
from platform_assets.errors import FileUnreadable
from platform_assets.spec.source import Source

ROWS = 100_000
COPY = 1 << 22


def read_columnar(content: Readable, columns: Sequence[str], options: Source) -> Iterator[TextRows]:
    """See `Reader`. Parquet begins with its end, so the content is copied to a file first."""
    with tempfile.TemporaryFile() as copy:
        while block := content.read(COPY):
            copy.write(block)
        copy.seek(0)
        try:
            yield from _rows(pq.ParquetFile(copy), columns, options)
        except (pa.ArrowException, OSError) as error:
            raise FileUnreadable("parquet", str(error).partition("\n")[0]) from error


def _rows(file: pq.ParquetFile, columns: Sequence[str], options: Source) -> Iterator[TextRows]:
    names = file.schema_arrow.names
    missing = [name for name in columns if name not in names]
    if missing:
        has = ", ".join(names[:20])
        raise FileUnreadable("columns", f"misses {', '.join(missing[:20])}; it has {has}")
    twice = [name for name in columns if names.count(name) > 1]
    if twice:
        raise FileUnreadable("columns", f"names {', '.join(twice[:20])} more than once")
    given = 0
    for batch in file.iter_batches(ROWS, columns=list(columns)):
        texts = {name: _text(batch.column(name), options.nulls) for name in columns}
        numbers = pl.Series(np.arange(given, given + batch.num_rows))
        given += batch.num_rows
        yield TextRows(pl.DataFrame(texts), numbers)


def _text(column: pa.Array, nulls: Sequence[str]) -> pl.Series:
    text = pl.Series(pl.from_arrow(pc.cast(column, pa.string())))
    return text.set(text.is_in(list(nulls)), None)

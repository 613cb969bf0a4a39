"""The bytes of a delivery without some of its rows; all others as they were delivered.

A csv and a JSON lines file keep the bytes of every other row; at most a newline is added at the
end. A Parquet file is written anew, with the same values and the same schema.
"""

import codecs
import gzip
import io
import re
import tempfile
from collections.abc import Collection, Iterable, Iterator
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from platform_assets.data.reading.columnar import COPY, ROWS
from platform_assets.data.reading.pieces import buffered
from platform_assets.data.reading.rows import Readable
from platform_assets.data.reading.utf8 import MARKED_BYTE, MARKS, Utf8, original
from platform_assets.spec.source import Source

_GZIP = b"\x1f\x8b"
_NEWLINE = b"\r\n"


def without(content: io.BufferedReader, gone: Collection[int], options: Source) -> Iterator[bytes]:
    """The delivery piece by piece without the rows at the places `gone`, counted from 0."""
    if options.format == "parquet":
        return _columnar(content, gone)
    if content.peek(2)[:2] != _GZIP:
        return _text(content, gone, options)
    packed = gzip.GzipFile(fileobj=content)
    plain = buffered(iter(lambda: packed.read(COPY), b""), COPY)
    return _gzipped(_text(plain, gone, options))


def _text(content: io.BufferedReader, gone: Collection[int], options: Source) -> Iterator[bytes]:
    plain = codecs.lookup(options.encoding).name == "utf-8"
    if plain and content.peek(3)[:3] == codecs.BOM_UTF8:
        yield codecs.BOM_UTF8
    lines = Utf8(content, options.encoding).stream()
    rows = _lines(lines) if options.format == "jsonl" else _records(lines, options)
    kept = (row for place, row in rows if place not in gone)
    yield from kept_bytes(kept, options.encoding)


def _lines(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """JSON lines with their places; what is blank has none: -1."""
    place = 0
    for line in lines:
        yield (place, line) if line.strip() else (-1, line)
        place += bool(line.strip())


def _records(lines: Iterable[bytes], options: Source) -> Iterator[tuple[int, bytes]]:
    """The rows of a csv with their places; its header and what is blank have none: -1."""
    place = 0 if options.header else -1
    for record in records(lines, options.delimiter.encode(), options.quote.encode()):
        blank = not record.strip(_NEWLINE)
        yield (-1 if blank else place), record
        place += not blank


def records(lines: Iterable[bytes], delimiter: bytes, quote: bytes) -> Iterator[bytes]:
    """Lines, joined where a quoted value goes on behind the end of one."""
    closed = re.compile(b"%b(?:[^%b]|%b%b)*+%b" % ((re.escape(quote),) * 5))
    begun = b""
    for line in (part for some in lines for part in some.splitlines(keepends=True)):
        begun += line
        if quote not in begun or not _open(begun, delimiter, quote, closed):
            yield begun
            begun = b""
    if begun:
        yield begun


def _open(record: bytes, delimiter: bytes, quote: bytes, closed: re.Pattern[bytes]) -> bool:
    """Whether a value is still quoted at the end; a quote counts at the beginning of a value."""
    place = 0
    while True:
        if record.startswith(quote, place):
            found = closed.match(record, place)
            if found is None:
                return True
            place = found.end()
        place = record.find(delimiter, place) + 1
        if not place:
            return False


def kept_bytes(rows: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Rows as UTF-8 back in their encoding, with the bytes that it cannot decode."""
    if codecs.lookup(encoding).name == "utf-8":
        yield from (original(row.decode()) if MARKED_BYTE in row else row for row in rows)
        return
    encoder = codecs.getincrementalencoder(encoding)()
    for row in rows:
        for part in re.split(f"({MARKS})", row.decode()):
            marked = re.fullmatch(MARKS, part)
            yield original(part) if marked else encoder.encode(part)


def _gzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as file:
        with gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed:
            for piece in pieces:
                packed.write(piece)
        yield from _content(file)


def _columnar(content: Readable, gone: Collection[int]) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as before, tempfile.TemporaryFile() as after:
        while block := content.read(COPY):
            before.write(block)
        before.seek(0)
        _copy(pq.ParquetFile(before), np.fromiter(gone, np.int64, len(gone)), after)
        yield from _content(after)


def _copy(file: pq.ParquetFile, gone: np.ndarray, target: IO[bytes]) -> None:
    place = 0
    with pq.ParquetWriter(target, file.schema_arrow) as writer:
        for batch in file.iter_batches(ROWS):
            kept = ~np.isin(np.arange(place, place + batch.num_rows), gone)
            writer.write_batch(batch.filter(pa.array(kept)))
            place += batch.num_rows


def _content(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while block := file.read(COPY):
        yield block

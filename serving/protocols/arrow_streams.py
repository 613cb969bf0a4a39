"""Frames and predictions as an Arrow IPC stream, for bulk.

pyarrow is imported at the first stream, since most endpoints never see one. Sizes are known before
anything is made from them: buffers that are compressed are refused, and text is added up as often
as a dictionary or a view repeats it.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.errors import InvalidInput, MalformedBody, TooLarge
from serving.quoting import shorten
from serving.signature import Array, Signature

if TYPE_CHECKING:
    import pyarrow as pa

_WANTED = "numbers, booleans, text (also by dictionary) or null"
# Fields of the tables Message, RecordBatch and DictionaryBatch in Arrow's Message.fbs.
_MESSAGE_HEADER, _BATCH_COMPRESSION, _DICTIONARY_DATA = 8, 10, 6


def read_arrow(
    signature: Signature, body: bytes, max_rows: int, max_bytes: int
) -> dict[str, Sequence[Any] | Array]:
    """Read a stream; numbers without gaps share the memory of the body.

    Raises
    ------
    RequestError
        For bytes that are no such stream, compressed buffers, types that no column has, more than
        `max_rows` rows, and text that is longer than `max_bytes` once it is written out.
    """
    table = _table(signature, body, max_rows)
    columns: dict[str, Sequence[Any] | Array] = {}
    for name, column in zip(table.schema.names, table.columns, strict=True):
        columns[name] = _cells(name, column, max_bytes)
    return columns


def write_arrow(signature: Signature, scores: Array) -> bytes:
    """Write `score` (double, or a list of one double for each class) and, for classes, `label`."""
    import pyarrow as pa

    score = pa.array(np.ascontiguousarray(scores).ravel())
    if scores.ndim > 1:
        score = pa.FixedSizeListArray.from_arrays(score, scores.shape[1])
    columns = {"score": score}
    if signature.task != "regression":
        columns["label"] = pa.array(signature.labels(scores), pa.string())
    batch = pa.record_batch(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def _table(signature: Signature, body: bytes, max_rows: int) -> "pa.Table":
    import pyarrow as pa

    batches = []
    rows = 0
    try:
        _refuse_compression(body)
        reader = pa.ipc.open_stream(pa.py_buffer(body))
        _check_schema(signature, reader.schema)
        for batch in reader:
            rows += batch.num_rows
            if rows > max_rows:
                raise TooLarge("rows", max_rows, "SLIPWAY_MAX_ROWS")
            batch.validate(full=True)
            batches.append(batch)
        return pa.Table.from_batches(batches, reader.schema)
    except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError) as error:
        got = f"no Arrow stream ({shorten(str(error).partition(chr(10))[0], 200)})"
        raise MalformedBody("body", got, "a schema and record batches") from error


def _refuse_compression(body: bytes) -> None:
    """Buffers say themselves how large they become, so a small body could ask for any memory."""
    import pyarrow as pa

    for message in _messages(pa.ipc.MessageReader.open_stream(pa.py_buffer(body))):
        if message.type in ("record batch", "dictionary") and _is_compressed(message):
            expected = "buffers as they are (content-encoding may be gzip)"
            raise MalformedBody("body", "compressed buffers", expected)


def _messages(reader: "pa.ipc.MessageReader") -> Iterator["pa.ipc.Message"]:
    while True:
        try:
            yield reader.read_next_message()
        except StopIteration:
            return


def _is_compressed(message: "pa.ipc.Message") -> bool:
    """Read by hand what pyarrow does not show, in a flatbuffer that it has verified."""
    data = memoryview(message.metadata)
    batch = _inner(data, int.from_bytes(data[:4], "little"), _MESSAGE_HEADER)
    if message.type == "dictionary":
        batch = _inner(data, batch, _DICTIONARY_DATA)
    return _field(data, batch, _BATCH_COMPRESSION) != 0


def _inner(data: memoryview, table: int, slot: int) -> int:
    at = table + _field(data, table, slot)
    return at + int.from_bytes(data[at : at + 4], "little")


def _field(data: memoryview, table: int, slot: int) -> int:
    """Where a field of a flatbuffer's table stands behind its beginning; 0 if it is not there."""
    vtable = table - int.from_bytes(data[table : table + 4], "little", signed=True)
    size = int.from_bytes(data[vtable : vtable + 2], "little")
    at = vtable + slot
    return int.from_bytes(data[at : at + 2], "little") if slot < size else 0


def _check_schema(signature: Signature, schema: "pa.Schema") -> None:
    seen: set[str] = set()
    for field in schema:
        if field.name not in signature.by_name:
            raise signature.unknown(shorten(field.name))
        if field.name in seen:
            raise InvalidInput(field.name, None, "two columns of this name", "one")
        seen.add(field.name)
        if not _is_taken(field.type):
            got = f"the Arrow type {shorten(str(field.type))}"
            raise InvalidInput(field.name, None, got, _WANTED)


def _is_taken(kind: "pa.DataType") -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type) and not pa.types.is_dictionary(kind.value_type)
    plain = (pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_null)
    return _is_text(kind) or any(test(kind) for test in plain)


def _is_text(kind: "pa.DataType") -> bool:
    import pyarrow as pa

    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(kind) for test in tests)


def _cells(name: str, column: "pa.ChunkedArray", max_bytes: int) -> Sequence[Any] | Array:
    import pyarrow as pa

    if pa.types.is_dictionary(column.type) or _is_text(column.type):
        if sum(_text_bytes(chunk) for chunk in column.chunks) > max_bytes:
            raise TooLarge(f"bytes of text in column {name!r}", max_bytes, "SLIPWAY_MAX_BODY_BYTES")
        texts: list[Any] = column.to_pylist()
        return texts
    if pa.types.is_null(column.type):
        return [None] * len(column)
    array: Array = column.to_numpy()
    return array


def _text_bytes(chunk: "pa.Array") -> int:
    """The bytes of text that the rows of `chunk` show, each repetition counted."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(chunk.type):
        lengths = pc.take(_lengths(chunk.dictionary), chunk.indices)
    else:
        lengths = _lengths(chunk)
    return int(pc.sum(pc.cast(lengths, pa.int64())).as_py() or 0)


def _lengths(texts: "pa.Array") -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_string_view(texts.type):
        return pc.binary_length(texts)
    # A view is its length in four bytes and twelve more; compute has no function for it.
    views = np.frombuffer(texts.buffers()[1], np.int32)[::4][texts.offset :][: len(texts)]
    return pa.array(views.astype(np.int64), mask=np.asarray(texts.is_null()))

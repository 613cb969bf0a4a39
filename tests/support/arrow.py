"""Arrow IPC streams as callers write them."""

import pyarrow as pa


def stream(table: pa.Table, **options) -> bytes:
    """`options` as IpcWriteOptions has them."""
    sink = pa.BufferOutputStream()
    written = pa.ipc.IpcWriteOptions(**options)
    with pa.ipc.new_stream(sink, table.schema, options=written) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()

"""What takes requests apart, given anything: it returns, or says what is wrong, and nothing else.

Documents are built from the words that the protocols know, so that they come far.
"""

import json
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import orjson
import pyarrow as pa
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from serving import bodies
from serving.errors import RequestError
from serving.protocols import binary_tensors
from serving.protocols.arrow_streams import read_arrow
from serving.protocols.csv_frames import read_csv
from serving.protocols.documents import parse_json
from serving.protocols.frames import read_invocation
from serving.protocols.open_inference import read_infer
from serving.signature import Signature

MAX_ROWS = 200
MAX_BYTES = 64 * 1024
SEED = 7
Parse = Callable[[Signature, bytes], object]


def invocation(signature: Signature, body: bytes) -> object:
    return signature.arrays(read_invocation(signature, parse_json(body), MAX_ROWS))


def tensors(signature: Signature, body: bytes) -> object:
    return signature.arrays(read_infer(signature, parse_json(body), MAX_ROWS).columns)


def binary(signature: Signature, body: bytes) -> object:
    """The document, a line's end, and the data behind it."""
    text, _, _ = body.partition(b"\n")
    document, data = binary_tensors.split(body, str(len(text)))
    return signature.arrays(read_infer(signature, parse_json(document), MAX_ROWS, data).columns)


def csv(signature: Signature, body: bytes) -> object:
    return signature.arrays(read_csv(signature, body, MAX_ROWS))


def arrow(signature: Signature, body: bytes) -> object:
    return signature.arrays(read_arrow(signature, body, MAX_ROWS, MAX_BYTES))


def packed(_: Signature, body: bytes) -> object:
    """The first byte says how, the next ones what the headers are."""
    encoding = (b"gzip", b"deflate", b"br", b"\xff")[(body[0] if body else 0) % 4]
    bodies.accepts(body[:60], bodies.ARROW)
    media = bodies.media_type(body[:40], (bodies.JSON, bodies.CSV)) if body[:1] == b"a" else ""
    return media, bodies.decoded(body[1:], encoding, MAX_BYTES)


PARSERS: Mapping[str, Parse] = {
    one.__name__: one for one in (invocation, tensors, binary, csv, arrow, packed)
}


def stands(parse: Parse, signature: Signature, body: bytes) -> None:
    """Raises whatever it raises that is no refusal; a refusal is 4xx and can be told as JSON."""
    try:
        parse(signature, body)
    except RequestError as error:
        if not 400 <= error.status < 500:
            raise AssertionError(f"{error.status} for what the caller sent") from error
        orjson.dumps({"error": str(error), **error.details})


def attack(signature: Signature, examples: int) -> int:
    """So many examples for each parser; how many there were. Raises the smallest that failed."""
    given_to = inputs(signature)
    return sum(
        attacked(parse, signature, given_to[name], examples) for name, parse in PARSERS.items()
    )


def attacked(
    parse: Parse, signature: Signature, bodies_of: st.SearchStrategy[bytes], examples: int
) -> int:
    count = 0

    @seed(SEED)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(bodies_of)
    def each(body: bytes) -> None:
        nonlocal count
        count += 1
        stands(parse, signature, body)

    each()
    return count


def inputs(signature: Signature) -> Mapping[str, st.SearchStrategy[bytes]]:
    """What each parser is given."""
    documents = st.one_of(json_of(frames(signature)), json_of(requests(signature)), st.binary())
    data = st.tuples(json_of(requests(signature)), st.binary(max_size=200)).map(b"\n".join)
    return {
        "invocation": documents,
        "tensors": documents,
        "binary": data,
        "csv": st.one_of(csv_of(signature), st.binary(max_size=200)),
        "arrow": st.one_of(tables(signature).map(stream), st.binary(max_size=200)),
        "packed": st.binary(max_size=300),
    }


def cells() -> st.SearchStrategy[Any]:
    numbers = st.one_of(st.integers(), st.floats(), st.sampled_from([2**63, 2**64, 1e308, -0.0]))
    return st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=5))


def anything(words: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        cells(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
        max_leaves=8,
    )


def frames(signature: Signature) -> st.SearchStrategy[Any]:
    """Near MLflow's four forms."""
    names = named(signature)
    row = st.dictionaries(names, cells(), max_size=4)
    rows = st.lists(st.one_of(row, st.lists(cells(), max_size=4), cells()), max_size=4)
    split = st.fixed_dictionaries(
        {"columns": st.lists(names, max_size=4), "data": rows}, optional={"index": anything(names)}
    )
    columns = st.dictionaries(names, st.lists(cells(), max_size=4), max_size=4)
    value = st.one_of(rows, split, columns, anything(names))
    forms = st.sampled_from(["instances", "inputs", "dataframe_split", "dataframe_records"])
    return st.dictionaries(st.one_of(forms, st.text(max_size=4)), value, min_size=1, max_size=2)


def requests(signature: Signature) -> st.SearchStrategy[Any]:
    """Near the Open Inference Protocol."""
    names = named(signature)
    kinds = st.sampled_from(["FP32", "FP64", "INT64", "BOOL", "BYTES", "UINT8", "FP16", ""])
    size = st.one_of(st.integers(-2, 40), cells())
    tensor = st.fixed_dictionaries(
        {"name": names, "datatype": kinds, "shape": st.lists(size, max_size=3)},
        optional={
            "data": st.lists(st.one_of(cells(), st.lists(cells(), max_size=2)), max_size=4),
            "parameters": st.dictionaries(st.just("binary_data_size"), size, max_size=1),
        },
    )
    output = st.fixed_dictionaries({"name": st.one_of(st.just("score"), names)})
    whole = st.fixed_dictionaries(
        {"inputs": st.lists(st.one_of(tensor, cells()), max_size=4)},
        optional={"outputs": st.lists(output, max_size=2), "id": cells(), "parameters": cells()},
    )
    return st.one_of(whole, anything(names))


def csv_of(signature: Signature) -> st.SearchStrategy[bytes]:
    cell = st.one_of(cells().map(str), st.sampled_from(['"', '""', '"a,b"', "\r", "\x00", "é"]))
    line = st.lists(st.one_of(named(signature), cell), max_size=4).map(",".join)
    ends = st.sampled_from(["\n", "\r\n", "\n\n"])
    return st.tuples(ends, st.lists(line, max_size=5)).map(
        lambda both: both[0].join(both[1]).encode("utf-8", "surrogatepass")
    )


def tables(signature: Signature) -> st.SearchStrategy[pa.Table]:
    kinds = st.sampled_from(
        [
            pa.float64(),
            pa.int8(),
            pa.uint64(),
            pa.bool_(),
            pa.string(),
            pa.large_string(),
            pa.null(),
        ]
    )
    column = st.tuples(named(signature), kinds, st.lists(st.integers(0, 1), max_size=3))
    return st.lists(column, max_size=4).map(table)


def table(columns: list[tuple[str, pa.DataType, list[int]]]) -> pa.Table:
    rows = min((len(cells) for *_, cells in columns), default=0)
    arrays = [
        pa.nulls(rows) if kind == pa.null() else pa.array(cells[:rows]).cast(kind)
        for _, kind, cells in columns
    ]
    return pa.Table.from_arrays(arrays, [name for name, *_ in columns])


def stream(made: pa.Table) -> bytes:
    out = BytesIO()
    with pa.ipc.new_stream(out, made.schema) as writer:
        writer.write_table(made)
    return out.getvalue()


def named(signature: Signature) -> st.SearchStrategy[str]:
    return st.one_of(st.sampled_from(list(signature.names)), st.text(max_size=3))


def json_of(documents: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    """As Python's own module writes it: NaN, Infinity and numbers of any length included."""
    return documents.map(lambda one: json.dumps(one).encode())

"""The binary tensor extension: framing, sizes, and what is refused of it."""

import struct
from contextlib import suppress

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.errors import RequestError
from serving.protocols.binary_tensors import BinaryData, pack, split
from serving.protocols.documents import parse_json
from serving.protocols.open_inference import read_infer, write_infer
from tests.support.bundles import FLOWERS, LINE, TRANSACTIONS

ROWS = 10_000


def framed(*texts: bytes) -> bytes:
    return b"".join(struct.pack("<I", len(text)) + text for text in texts)


def request(parts, outputs=None, **parameters):
    """A body and the length of its JSON: (name, datatype, rows, data) for each tensor."""
    inputs = [
        {
            "name": name,
            "datatype": kind,
            "shape": [rows],
            "parameters": {"binary_data_size": len(data)},
        }
        for name, kind, rows, data in parts
    ]
    document = orjson.dumps({"inputs": inputs, "outputs": outputs, "parameters": parameters})
    return document + b"".join(data for *_, data in parts), str(len(document))


def read(signature, body, length):
    text, binary = split(body, length)
    return read_infer(signature, parse_json(text), ROWS, binary)


@given(st.lists(st.tuples(st.floats(-1e30, 1e30), st.floats(width=32)), min_size=1, max_size=5))
def test_numbers_are_read_as_they_lie_in_the_body(pairs):
    a, b = (np.array(cells) for cells in zip(*pairs, strict=True))
    parts = [("a", "FP64", len(a), a.tobytes()), ("b", "FP32", len(b), b.astype("<f4").tobytes())]
    columns = read(LINE, *request(parts)).columns
    assert columns["a"].tolist() == a.tolist()
    assert np.array_equal(columns["b"], b.astype("f4"), equal_nan=True)


@given(st.lists(st.text(), max_size=5))
def test_strings_come_back_as_they_were_packed(texts):
    packed = pack(texts)
    assert BinaryData(memoryview(packed)).take("x", "BYTES", len(texts), len(packed)) == texts


def test_every_type_of_column_can_be_sent_as_binary_data():
    parts = [
        ("amount", "FP16", 2, np.array([1, 2], "<f2").tobytes()),
        ("hour", "UINT8", 2, bytes([3, 4])),
        ("night", "BOOL", 2, bytes([0, 1])),
        ("country", "BYTES", 2, framed(b"de", b"")),
    ]
    arrays = TRANSACTIONS.arrays(read(TRANSACTIONS, *request(parts)).columns)
    cells = {name: array.tolist() for name, array in arrays.items()}
    assert cells == {
        "amount": [1.0, 2.0],
        "hour": [3.0, 4.0],
        "night": [0.0, 1.0],
        "country": ["de", ""],
    }


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (("amount", "FP64", 1, b"1234"), "column 'amount': got 4 bytes, expected 8, as its shape"),
        (("night", "BOOL", 2, b"\x01\x07"), "column 'night', row 1: got the byte 7, expected the"),
        (("country", "BYTES", 1, b""), "row 0: got a string that ends 4 bytes behind"),
        (("country", "BYTES", 1, b"\x05\0\0\0de"), "row 0: got a string that ends 3 bytes behind"),
        (("country", "BYTES", 1, b"\xff\xff\xff\xffde"), "a string that ends 4294967293 bytes beh"),
        (("country", "BYTES", 1, framed(b"a", b"b")), "got 5 bytes too many, expected 1 strings"),
        (("country", "BYTES", 1, framed(b"\xff")), r"row 0: got bytes that are no UTF-8 \(invalid"),
    ],
)
def test_data_that_do_not_fit_the_tensor_are_refused(part, message):
    with pytest.raises(RequestError, match=message):
        read(TRANSACTIONS, *request([part]))


@pytest.mark.parametrize("length", ["", "-1", "x", "1e3", "²", "9" * 5000, "999"])
def test_a_length_of_the_document_that_cannot_be_is_refused(length):
    with pytest.raises(RequestError, match="inference-header-content-length: got"):
        split(b"{}", length)


@pytest.mark.parametrize("size", [9, -1, True, 8.0, "8"])
def test_a_size_that_cannot_be_is_refused(size):
    with pytest.raises(RequestError, match=r"column 'a': got binary_data_size .* at most 8"):
        BinaryData(memoryview(bytes(8))).take("a", "FP64", 1, size)


def test_bytes_that_belong_to_no_tensor_are_refused():
    body, length = request([("a", "FP64", 1, bytes(8))])
    with pytest.raises(RequestError, match="got 3 bytes too many behind the JSON"):
        read(LINE, body + b"abc", length)


@pytest.mark.parametrize(
    ("outputs", "parameters", "binary"),
    [
        (None, {}, []),
        (None, {"binary_data_output": True}, ["score", "label"]),
        ([{"name": "label", "parameters": {"binary_data": True}}], {}, ["label"]),
        (
            [{"name": "score", "parameters": {"binary_data": False}}, {"name": "label"}],
            {"binary_data_output": True},
            ["label"],
        ),
    ],
)
def test_outputs_are_binary_where_they_are_asked_for_so(outputs, parameters, binary):
    asked = read(FLOWERS, *request([("petal", "FP64", 1, bytes(8))], outputs, **parameters))
    document, data = write_infer(FLOWERS, "1", asked, "q", np.array([[0.2, 0.3, 0.5]]))
    sizes = {
        tensor["name"]: tensor["parameters"]["binary_data_size"]
        for tensor in orjson.loads(document)["outputs"]
        if "data" not in tensor
    }
    assert list(sizes) == binary
    assert sum(sizes.values()) == len(data)


def test_binary_scores_are_little_endian_and_row_by_row():
    scores = np.array([[0.25, 0.75], [1.0, 2.0]])
    assert np.frombuffer(pack(scores), "<f8").tolist() == [0.25, 0.75, 1.0, 2.0]


@given(st.binary(max_size=60), st.integers(0, 60).map(str) | st.none(), st.integers(0, 3))
def test_any_data_are_taken_or_refused(data, length, rows):
    with suppress(RequestError):
        text, binary = split(data, length)
        assert len(text) <= len(data)
        if binary is not None:
            taken = binary.take("x", "BYTES", rows, len(data) - len(text))
            assert len(taken) == rows

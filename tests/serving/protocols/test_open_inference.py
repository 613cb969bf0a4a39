"""The Open Inference Protocol: documents in, columns out; scores in, documents out."""

import json

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.errors import InvalidInput, MalformedBody, RequestError, TooLarge
from serving.protocols.documents import parse_json
from serving.protocols.frames import read_invocation
from serving.protocols.open_inference import (
    Inference,
    infer_request,
    model_metadata,
    output_names,
    read_infer,
    write_infer,
)
from serving.signature import Column, Signature
from tests.support.bundles import FLOWERS, LINE, TRANSACTIONS

ROWS = 10_000
FLOATS = st.floats(-1e30, 1e30)
PAIRS = st.lists(st.tuples(FLOATS, FLOATS), min_size=1, max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | FLOATS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
KEYS = "a b inputs outputs name shape datatype data columns instances dataframe_split id params"
KNOWN = st.sampled_from([*KEYS.split(), "dataframe_records", "FP64", "score"])
NEARLY = st.recursive(
    KNOWN | st.integers(-2, 3) | st.none() | FLOATS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KNOWN, inner, max_size=4),
    max_leaves=20,
)


def tensor(name="a", data=None, **change):
    data = [1.0] if data is None else data
    rows = 1 if data is ... else len(data or ())
    made = {"name": name, "datatype": "FP64", "shape": [rows], "data": data}
    return {key: value for key, value in {**made, **change}.items() if value is not ...}


def answer(signature, version, outputs, identity, scores):
    request = Inference({}, dict.fromkeys(outputs, False), None, {})
    document, binary = write_infer(signature, version, request, identity, scores)
    assert binary == b""
    return orjson.loads(document)


@given(PAIRS)
def test_an_infer_request_reads_back_as_the_columns_it_was_written_from(pairs):
    columns = {"a": [a for a, _ in pairs], "b": [b for _, b in pairs]}
    body = orjson.dumps(infer_request(LINE, columns))
    assert read_infer(LINE, parse_json(body), ROWS).columns == columns


@given(JSON | NEARLY | st.fixed_dictionaries({"inputs": st.lists(NEARLY, max_size=3)}))
def test_any_document_is_read_or_refused_with_a_short_reason(document):
    for read in (read_infer, read_invocation):
        refusals: list[RequestError] = []
        try:
            body = parse_json(json.dumps(document).encode())
            found = read(LINE, body, ROWS)
            LINE.arrays(found.columns if read is read_infer else found)
        except RequestError as refused:
            refusals.append(refused)
        assert all(400 <= refusal.status < 500 for refusal in refusals)
        assert all(len(str(refusal)) < 600 for refusal in refusals)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body):
    try:
        assert isinstance(parse_json(body), dict)
    except MalformedBody as refused:
        reason = str(refused)
        assert reason.startswith("body: got "), reason


@pytest.mark.parametrize(
    ("body", "got"),
    [
        (b"", "bad JSON"),
        (b"{", "bad JSON"),
        (b"[]", "a list of 0"),
        (b'"x"', "'x'"),
        (b'{"a": NaN}', "bad JSON"),
        (b'{"a": 1e999}', "bad JSON"),
        (b'{"a": Infinity}', "bad JSON"),
        (b"\xff\xfe", "bad JSON"),
        (b'{"a":' * 100_000, "bad JSON"),
        (b"[" * 100_000, "bad JSON"),
    ],
)
def test_what_is_no_json_object_is_refused(body, got):
    with pytest.raises(MalformedBody, match=f"body: got {got}.*, expected a JSON object"):
        parse_json(body)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        (None, "inputs: got null, expected a list with one tensor per column"),
        ([], "inputs: got a list of 0"),
        ({}, "inputs: got an object"),
        ([3], r"inputs\[0\]: got 3, expected a tensor: name, datatype, shape and data"),
        ([tensor(name=3)], r"inputs\[0\].name: got 3"),
        ([tensor(), tensor()], "column 'a': got two tensors of this name, expected one"),
        ([tensor("c")], "column 'c': got a column the model does not know, expected one of a, b"),
        ([tensor(parameters=3)], r"inputs\[0\].parameters: got 3, expected an object"),
        ([tensor(parameters={"x": []})], r"inputs\[0\].parameters.x: got a list of 0"),
        ([tensor(parameters={"binary_data_size": 8})], "and data beside it, expected the tensor's"),
        ([tensor(parameters={"binary_data_size": 8}, data=...)], "and no header Infer"),
        ([tensor(parameters={"shared_memory_region": "x"})], "expected no extension but binary_te"),
        ([tensor(datatype="BYTES")], "column 'a': got datatype 'BYTES', expected datatype FP64 or"),
        ([tensor(datatype=...)], "column 'a': got datatype null"),
        ([tensor(datatype=["FP64"])], "column 'a': got datatype a list of 1"),
        ([tensor(shape=...)], r"column 'a': got shape None, expected shape \[n\] or \[n, 1\]"),
        ([tensor(shape=[1, 2])], r"column 'a': got shape \[1, 2\]"),
        ([tensor(shape=[True])], r"column 'a': got shape \[True\]"),
        ([tensor(shape=[-1])], r"column 'a': got shape \[-1\]"),
        ([tensor(shape=[1.0])], r"column 'a': got shape \[1.0\]"),
        ([tensor(shape=[])], r"column 'a': got shape \[\]"),
        ([tensor(shape=[2])], "column 'a': got 1 values, expected 2, as its shape says"),
        ([tensor(data={}, shape=[1])], "column 'a': got data an object, expected a list"),
    ],
)
def test_a_tensor_that_does_not_fit_is_refused(tensors, message):
    with pytest.raises(RequestError, match=message):
        read_infer(LINE, {"inputs": tensors}, ROWS)


@pytest.mark.parametrize("data", [[1.0, 2.0], [[1.0], [2.0]]])
def test_a_column_may_be_sent_as_a_matrix_of_one_column(data):
    found = read_infer(LINE, {"inputs": [tensor(data=data, shape=[2, 1])]}, ROWS)
    assert found.columns == {"a": [1.0, 2.0]}


def test_nested_data_with_a_flat_shape_is_refused_by_the_signature():
    document = {"inputs": [tensor(data=[[1.0]]), tensor("b")]}
    with pytest.raises(InvalidInput, match="column 'a', row 0: got a list of 1"):
        LINE.arrays(read_infer(LINE, document, ROWS).columns)


@pytest.mark.parametrize(
    ("name", "datatype", "accepted"),
    [
        ("amount", "FP32", True),
        ("amount", "INT8", True),
        ("amount", "BOOL", False),
        ("hour", "UINT16", True),
        ("hour", "FP64", False),
        ("night", "BOOL", True),
        ("night", "INT64", False),
        ("country", "BYTES", True),
        ("country", "STRING", False),
    ],
)
def test_datatypes_are_held_to_the_type_of_the_column(name, datatype, accepted):
    document = {"inputs": [tensor(name, datatype=datatype)]}
    if accepted:
        assert read_infer(TRANSACTIONS, document, ROWS).columns == {name: [1.0]}
    else:
        with pytest.raises(InvalidInput, match=f"got datatype '{datatype}', expected datatype"):
            read_infer(TRANSACTIONS, document, ROWS)


@pytest.mark.parametrize(
    ("wanted", "given_back"),
    [
        (None, ("score", "label")),
        ([], ("score", "label")),
        ([{"name": "label"}], ("label",)),
        ([{"name": "label"}, {"name": "score"}, {"name": "label"}], ("label", "score")),
    ],
)
def test_only_the_outputs_asked_for_are_given(wanted, given_back):
    document = {"inputs": [tensor("amount")], "outputs": wanted}
    assert tuple(read_infer(TRANSACTIONS, document, ROWS).outputs) == given_back


@pytest.mark.parametrize("wanted", ["score", [{"name": "label"}], [3], [{"name": ["score"]}]])
def test_an_output_the_model_does_not_have_is_refused(wanted):
    with pytest.raises(MalformedBody, match=r"outputs.*expected a list of {'name': one of score}"):
        read_infer(LINE, {"inputs": [tensor()], "outputs": wanted}, ROWS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"parameters": []}, "parameters: got a list of 0, expected an object"),
        ({"parameters": {"a": None}}, "parameters.a: got null, expected a string, a number"),
        ({"parameters": {"binary_data_output": 1}}, "binary_data_output: got 1, expected true or"),
        ({"outputs": [{"name": "score", "parameters": {"classification": 2}}]}, "'classification'"),
        ({"outputs": [{"name": "score", "parameters": {"binary_data": "yes"}}]}, "expected true"),
    ],
)
def test_parameters_that_cannot_be_followed_are_refused(change, message):
    with pytest.raises(MalformedBody, match=message):
        read_infer(LINE, {"inputs": [tensor()], **change}, ROWS)


def test_parameters_of_a_request_are_repeated_by_its_answer():
    document = {"inputs": [tensor()], "parameters": {"trace": "t-1", "binary_data_output": False}}
    request = read_infer(LINE, document, ROWS)
    document, _ = write_infer(LINE, "1", request, "q", np.array([1.0]))
    assert orjson.loads(document)["parameters"] == {"trace": "t-1"}


@pytest.mark.parametrize("datatype", ["FP64", "INT64", "UINT8"])
def test_whole_numbers_that_may_be_missing_may_come_as_floats(datatype):
    column = Column(name="n", type="integer", nullable=True)
    signature = Signature(model="m", task="regression", columns=(column,))
    found = read_infer(signature, {"inputs": [tensor("n", datatype=datatype)]}, ROWS)
    assert signature.arrays(found.columns)["n"].tolist() == [1.0]


def test_an_id_that_is_no_string_is_refused():
    with pytest.raises(MalformedBody, match="id: got 3, expected a string"):
        read_infer(LINE, {"inputs": [tensor()], "id": 3}, ROWS)


def test_a_tensor_with_more_rows_than_allowed_is_refused():
    with pytest.raises(TooLarge, match="more than 2 rows in one request"):
        read_infer(LINE, {"inputs": [tensor(data=[1.0] * 3)]}, 2)


def test_an_answer_names_model_version_request_and_tensors():
    scores = np.array([0.25, 0.5])
    assert answer(TRANSACTIONS, "7", ("score", "label"), "q1", scores) == {
        "model_name": "fraud",
        "model_version": "7",
        "id": "q1",
        "outputs": [
            {"name": "score", "datatype": "FP64", "shape": [2], "data": [0.25, 0.5]},
            {"name": "label", "datatype": "BYTES", "shape": [2], "data": ["honest", "fraud"]},
        ],
    }


def test_a_multiclass_answer_is_flat_with_its_shape_beside():
    scores = np.array([[0.1, 0.2, 0.7], [0.6, 0.3, 0.1]])
    score, label = answer(FLOWERS, "1", output_names(FLOWERS), "q", scores)["outputs"]
    assert (score["shape"], score["data"]) == ([2, 3], [0.1, 0.2, 0.7, 0.6, 0.3, 0.1])
    assert label["data"] == ["virginica", "setosa"]


def test_metadata_describes_every_tensor():
    metadata = model_metadata(TRANSACTIONS, "3", "skops")
    assert [tensor["datatype"] for tensor in metadata["inputs"]] == [
        "FP64",
        "INT64",
        "BOOL",
        "BYTES",
    ]
    assert (metadata["name"], metadata["versions"]) == ("fraud", ["3"])
    assert metadata["platform"] == "slipway_skops"
    assert model_metadata(FLOWERS, "1", "onnx")["outputs"][0]["shape"] == [-1, 3]
    assert [tensor["name"] for tensor in model_metadata(LINE, "1", "onnx")["outputs"]] == ["score"]


def test_a_date_may_come_as_a_tensor_of_text_or_of_numbers():
    dated = Column(name="day", type="float", nullable=False, dates=True)
    signature = Signature(model="dated", task="regression", columns=(dated,))
    for datatype, cell in (("BYTES", "1970-01-11"), ("FP64", 10.0)):
        asked = {"inputs": [tensor("day", [cell], datatype=datatype)]}
        columns = read_infer(signature, asked, ROWS).columns
        assert signature.arrays(columns)["day"].tolist() == [10.0]

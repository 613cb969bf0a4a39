"""Our side of the protocol against the server's own reader, and against nonsense."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.errors import UnusableAnswer
from resources.inference import bad_bodies, encode, infer_document, infer_path, read_scores
from serving.bundle import BundleContents
from serving.errors import RequestError
from serving.protocols.documents import parse_json
from serving.protocols.open_inference import Inference, read_infer, write_infer
from serving.signature import Column, Signature
from tests.support.bundles import (
    FLOWERS,
    LINE,
    TRANSACTIONS,
    fraud_contents,
    iris_contents,
    line_contents,
)

ALL = [fraud_contents, iris_contents, line_contents]


def read(signature: Signature, body: bytes):
    inference = read_infer(signature, parse_json(body), max_rows=100)
    return signature.arrays(inference.columns)


@pytest.mark.parametrize("contents", ALL)
def test_the_server_reads_from_a_request_the_rows_that_were_put_into_it(contents):
    made: BundleContents = contents()
    rows = made.golden.rows
    arrays = read(made.signature, encode(infer_document(made.signature, rows)))
    wanted = made.signature.arrays(made.signature.columns_of(rows))
    assert {name: column.tolist() for name, column in arrays.items()} == {
        name: column.tolist() for name, column in wanted.items()
    }


@pytest.mark.parametrize("contents", ALL)
def test_scores_come_back_as_the_server_wrote_them(contents):
    made: BundleContents = contents()
    scores = made.golden.scores
    tensor = read_scores(made.signature, content_of(made), len(scores))
    assert tensor.tolist() == [list(one) if isinstance(one, tuple) else one for one in scores]


def content_of(made: BundleContents) -> bytes:
    import numpy as np

    request = Inference({}, {"score": False}, None, {})
    scores = np.array(made.golden.scores)
    return write_infer(made.signature, "1", request, "x", scores)[0]


@pytest.mark.parametrize("contents", ALL)
def test_the_server_refuses_every_bad_body(contents):
    made: BundleContents = contents()
    for body in bad_bodies(made.signature, made.golden.rows[0]).values():
        with pytest.raises(RequestError):
            read(made.signature, body)


@pytest.mark.parametrize("kind", ["float", "integer", "boolean", "string"])
def test_a_value_of_the_wrong_type_is_wrong_for_every_type(kind):
    signature = Signature(
        model="m", task="regression", columns=(Column(name="a", type=kind, nullable=True),)
    )
    with pytest.raises(RequestError, match="column 'a', row 0"):
        read(signature, bad_bodies(signature, {"a": None})["wrong type"])


def test_the_unknown_column_is_unknown_even_to_a_model_with_a_column_of_that_name():
    column = Column(name="unknown", type="float", nullable=False)
    signature = Signature(model="m", task="regression", columns=(column,))
    with pytest.raises(RequestError, match="a column the model does not know"):
        read(signature, bad_bodies(signature, {"unknown": 1.0})["unknown column"])


@pytest.mark.parametrize(
    "score",
    [
        {"shape": [1], "data": [1.0]},
        {"shape": [2], "data": [1.0]},
        {"shape": [2], "data": [1.0, "2.0"]},
        {"shape": [2], "data": [1.0, None]},
        {"shape": [2], "data": [1.0, True]},
        {"shape": [2], "data": [1.0, float("nan")]},
        {"shape": [2], "data": [1.0, 10**400]},
        {"shape": [2], "data": "12"},
        {"shape": [2]},
    ],
)
def test_an_answer_of_another_shape_or_type_is_unusable(score):
    content = json.dumps({"outputs": [{"name": "score", **score}]}).encode()
    with pytest.raises(UnusableAnswer, match=r"of shape \[2\] with finite numbers"):
        read_scores(LINE, content, 2)


def test_one_probability_where_there_are_three_classes_is_unusable():
    content = b'{"outputs": [{"name": "score", "shape": [1], "data": [0.5]}]}'
    with pytest.raises(UnusableAnswer, match=r"of shape \[1, 3\]"):
        read_scores(FLOWERS, content, 1)


@given(st.binary() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps).map(str.encode))
def test_nonsense_is_unusable_and_never_another_error(content):
    with pytest.raises(UnusableAnswer):
        read_scores(TRANSACTIONS, content, 1)


def test_an_answer_nested_beyond_reason_is_unusable():
    with pytest.raises(UnusableAnswer, match="expected an output 'score'"):
        read_scores(LINE, b"[" * 200_000, 1)


def test_the_path_is_that_of_the_protocol():
    assert infer_path("fraud") == "/v2/models/fraud/infer"

"""MLflow's protocol: the four forms of a frame in, predictions out."""

import math

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.errors import InvalidInput, RequestError, TooLarge
from serving.protocols.frames import read_invocation, write_predictions
from tests.support.bundles import FLOWERS, LINE, TRANSACTIONS

ROWS = 10_000
FLOATS = st.floats(-1e30, 1e30)
PAIRS = st.lists(st.tuples(FLOATS, FLOATS), min_size=1, max_size=6)


@given(PAIRS)
def test_the_four_forms_of_a_frame_read_as_the_same_columns(pairs):
    columns = {"a": [a for a, _ in pairs], "b": [b for _, b in pairs]}
    records = [{"b": b, "a": a} for a, b in pairs]
    split = {"columns": ["b", "a"], "data": [[b, a] for a, b in pairs], "index": [0]}
    for document in (
        {"dataframe_records": records},
        {"dataframe_split": split},
        {"inputs": columns},
        {"instances": records},
        {"inputs": records, "params": {"temperature": 1}},
    ):
        assert read_invocation(LINE, document, ROWS) == columns


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "body: got no key, expected exactly one of dataframe_split, dataframe_records"),
        ({"data": []}, "body: got 'data', expected exactly one"),
        ({"inputs": {}, "instances": []}, "body: got 'inputs', 'instances'"),
        ({"instances": {}}, "instances: got an object, expected a list with one entry per row"),
        ({"instances": [[1, 2]]}, "row 0: got a list of 2, expected an object with one value"),
        ({"instances": [{"a": 1, "b": 1}, {"a": 1}]}, "column 'b', row 1: got no such column"),
        ({"instances": [{"a": 1, "b": 1, "c": 1}]}, "column 'c', row 0: got a column the model"),
        ({"inputs": 3}, "inputs: got 3"),
        ({"dataframe_split": []}, "dataframe_split: got a list of 0, expected an object"),
        ({"dataframe_split": {"rows": 1}}, "dataframe_split: got the keys rows"),
        ({"dataframe_split": {"data": []}}, "dataframe_split.columns: got null"),
        ({"dataframe_split": {"columns": ["a", 1], "data": []}}, "columns: got a list of 2"),
        ({"dataframe_split": {"columns": ["a", "a"], "data": []}}, "columns: got a name twice"),
        ({"dataframe_split": {"columns": ["a"], "data": {}}}, "dataframe_split.data: got an obj"),
        (
            {"dataframe_split": {"columns": ["a"], "data": [[1], 2]}},
            "row 1: got 2, expected a list",
        ),
        ({"dataframe_split": {"columns": ["a"], "data": [[1, 2]]}}, "row 0: got a list of 2"),
    ],
)
def test_a_frame_that_does_not_fit_is_refused(document, message):
    with pytest.raises(RequestError, match=message):
        read_invocation(LINE, document, ROWS)


@pytest.mark.parametrize(
    "document",
    [
        {"instances": []},
        {"dataframe_records": []},
        {"inputs": {"a": [], "b": []}},
        {"dataframe_split": {"columns": ["a", "b"], "data": []}},
    ],
)
def test_a_frame_without_rows_is_refused_by_the_signature(document):
    with pytest.raises(InvalidInput, match="got 0 rows, expected at least 1"):
        LINE.arrays(read_invocation(LINE, document, ROWS))


@pytest.mark.parametrize(
    "document",
    [
        {"instances": [{"a": 1, "b": 1}] * 3},
        {"dataframe_records": [{"a": 1, "b": 1}] * 3},
        {"inputs": {"a": [1, 1, 1], "b": [1, 1, 1]}},
        {"dataframe_split": {"columns": ["a", "b"], "data": [[1, 1]] * 3}},
    ],
)
def test_more_rows_than_allowed_are_refused_naming_the_setting(document):
    with pytest.raises(TooLarge, match=r"more than 2 rows .* or raise SLIPWAY_MAX_ROWS"):
        read_invocation(LINE, document, 2)
    assert read_invocation(LINE, document, 3)["a"] == [1, 1, 1]


@pytest.mark.parametrize(
    ("signature", "scores", "predictions"),
    [
        (LINE, [1.0, 2.0], [1.0, 2.0]),
        (TRANSACTIONS, [0.75], [{"label": "fraud", "score": 0.75}]),
        (FLOWERS, [[0.1, 0.2, 0.7]], [{"label": "virginica", "score": [0.1, 0.2, 0.7]}]),
    ],
)
def test_predictions_follow_the_task(signature, scores, predictions):
    assert write_predictions(signature, np.array(scores)) == {"predictions": predictions}


@given(st.floats(-1e300, 1e300))
def test_scores_survive_the_wire(score):
    sent = orjson.dumps(write_predictions(LINE, np.array([score])))
    assert math.isclose(orjson.loads(sent)["predictions"][0], score, rel_tol=0)

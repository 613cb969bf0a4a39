"""What comes through the door, and what is said about what does not."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from serving.errors import InvalidInput
from serving.quoting import quote
from serving.signature import Column, Signature

FLOAT32_MAX = float(np.finfo(np.float32).max)
FIELDS = {
    "x": Column(name="x", type="float", nullable=False),
    "count": Column(name="count", type="integer", nullable=False),
    "open": Column(name="open", type="boolean", nullable=False),
    "city": Column(name="city", type="string", nullable=False),
}
MIXED = Signature(model="mixed", task="regression", columns=tuple(FIELDS.values()))
ROW = {"x": [1.5], "count": [2], "open": [True], "city": ["Bonn"]}

CELLS = {
    "float": st.floats(-FLOAT32_MAX, FLOAT32_MAX) | st.integers(-(2**60), 2**60),
    "integer": st.integers(-(2**53) + 1, 2**53 - 1),
    "boolean": st.booleans(),
    "string": st.text(),
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def one(kind: str, *, nullable: bool = False, **rest) -> Signature:
    column = Column(name="v", type=kind, nullable=nullable, **rest)
    return Signature(model="one", task="regression", columns=(column,))


@pytest.mark.parametrize("kind", CELLS)
@given(data=st.data())
def test_valid_cells_come_out_as_they_went_in(kind, data):
    cells = data.draw(st.lists(st.none() | CELLS[kind], min_size=1, max_size=8))
    array = one(kind, nullable=True).arrays({"v": cells})["v"]
    assert array.shape == (len(cells),)
    assert array.dtype == (object if kind == "string" else np.float64)
    for got, sent in zip(array.tolist(), cells, strict=True):
        missing = got is None or (isinstance(got, float) and math.isnan(got))
        assert missing if sent is None else got == (sent if kind == "string" else float(sent))


@pytest.mark.parametrize("kind", CELLS)
@given(cells=st.lists(ANYTHING, max_size=5) | ANYTHING)
def test_whatever_is_sent_is_either_taken_whole_or_refused_by_name(kind, cells):
    refusals: list[InvalidInput] = []
    try:
        array = one(kind).arrays({"v": cells})["v"]
    except InvalidInput as refused:
        refusals.append(refused)
    else:
        assert array.shape == (len(cells),)
    assert all(refusal.column in ("v", None) for refusal in refusals)
    assert all(len(str(refusal)) < 500 for refusal in refusals)


@pytest.mark.parametrize("kind", CELLS)
@given(data=st.data())
def test_many_cells_are_judged_like_a_few(kind, data):
    cell = data.draw(st.none() | CELLS[kind] | st.floats() | st.just(10**400))
    for nullable in (False, True):
        refused = []
        for cells in ([cell], [cell] * 50):
            try:
                one(kind, nullable=nullable).arrays({"v": cells})
            except InvalidInput as refusal:
                refused.append(str(refusal))
        assert len(refused) in (0, 2)
        assert len(set(refused)) <= 1


@given(cells=st.lists(CELLS["float"], min_size=2, max_size=6), data=st.data())
def test_a_row_that_is_refused_is_named(cells, data):
    row = data.draw(st.integers(0, len(cells) - 1))
    with pytest.raises(InvalidInput, match=f"column 'v', row {row}: got 'abc', expected a finite"):
        one("float").arrays({"v": [*cells[:row], "abc", *cells[row + 1 :]]})


@pytest.mark.parametrize(
    ("kind", "value", "got"),
    [
        ("float", "1.5", "'1.5'"),
        ("float", True, "true"),
        ("float", None, "null"),
        ("float", math.nan, "nan"),
        ("float", math.inf, "inf"),
        ("float", 1e39, r"1e\+39"),
        ("float", 10**400, "an integer of more than 77 digits"),
        ("float", [1.0], "a list of 1"),
        ("float", {"a": 1}, "an object"),
        ("integer", 1.5, "1.5"),
        ("integer", 2**53, "9007199254740992"),
        ("integer", True, "true"),
        ("boolean", 1, "1"),
        ("boolean", "true", "'true'"),
        ("boolean", None, "null"),
        ("string", 1, "1"),
        ("string", None, "null"),
    ],
)
def test_a_wrong_value_is_refused_with_what_was_got(kind, value, got):
    fine = {"float": 0.0, "integer": 0, "boolean": False, "string": "a"}[kind]
    with pytest.raises(InvalidInput, match=f"column 'v', row 1: got {got}, expected "):
        one(kind).arrays({"v": [fine, value]})


def test_an_integral_float_is_an_integer():
    assert one("integer").arrays({"v": [3.0, -2]})["v"].tolist() == [3.0, -2.0]


def test_a_string_outside_the_categories_is_refused_with_the_allowed_ones():
    with pytest.raises(InvalidInput, match=r"row 1: got 'c', expected one of 'a', 'b'$"):
        one("string", categories=("a", "b")).arrays({"v": ["a", "c"]})


def test_any_string_is_taken_where_there_are_no_categories():
    assert one("string").arrays({"v": ["never seen"]})["v"].tolist() == ["never seen"]


def test_a_long_value_is_cut_in_the_message():
    with pytest.raises(InvalidInput, match=f"got '{'x' * 79}…, expected one of 'a'"):
        one("string", categories=("a",)).arrays({"v": ["x" * 500]})


def test_a_signature_that_was_used_still_equals_a_fresh_one():
    fresh = MIXED.model_copy(deep=True)
    MIXED.arrays(ROW)
    assert fresh == Signature.model_validate_json(MIXED.model_dump_json())


def test_missing_values_become_nan_or_none_where_they_may_be_missing():
    assert math.isnan(one("integer", nullable=True).arrays({"v": [None]})["v"][0])
    assert one("string", nullable=True).arrays({"v": [None]})["v"].tolist() == [None]
    nan = one("string", nullable=True, categories=("a",)).arrays({"v": [math.nan, "a"]})["v"]
    assert nan.tolist() == [None, "a"]


def test_arrays_and_numpy_scalars_are_taken_like_lists():
    sent = {
        "x": np.array([1.5, 2.5], dtype=np.float32),
        "count": np.array([1, 2]),
        "open": [np.bool_(True), False],
        "city": np.array(["Bonn", "Köln"], dtype=object),
    }
    arrays = MIXED.arrays(sent)
    assert arrays["x"].tolist() == [1.5, 2.5]
    assert arrays["open"].tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": [1]}, "column 'y': got a column the model does not know, expected one of x, count"),
        ({"x": [1, 2]}, "column 'count': got 1 rows, expected 2, as many as column 'x' has"),
        ({"x": "abc"}, "column 'x': got 'abc', expected a list with one value per row"),
        ({"x": np.zeros((2, 2))}, r"column 'x': got an array of shape \[2, 2\], expected shape"),
        ({"x": [], "count": [], "open": [], "city": []}, "input: got 0 rows, expected at least 1"),
    ],
)
def test_columns_that_do_not_fit_are_refused(change, message):
    with pytest.raises(InvalidInput, match=message):
        MIXED.arrays({**ROW, **change})


def test_a_missing_column_is_refused_with_what_it_would_hold():
    with pytest.raises(InvalidInput, match="column 'open': got no such column, expected true or"):
        MIXED.arrays({name: ROW[name] for name in ROW if name != "open"})


def test_arrays_come_in_the_order_of_the_signature():
    assert list(MIXED.arrays(dict(reversed(ROW.items())))) == list(FIELDS)


def test_records_become_columns_and_a_gap_is_named_with_its_row():
    records = [{"x": 1, "count": 2, "open": True, "city": "a"}] * 2
    assert MIXED.columns_of(records)["count"] == [2, 2]
    with pytest.raises(InvalidInput, match="column 'city', row 1: got no such column"):
        MIXED.columns_of([records[0], {"x": 1, "count": 2, "open": True}])


@pytest.mark.parametrize(
    ("task", "classes", "scores", "labels"),
    [
        ("binary", ("no", "yes"), [0.2, 0.5, 0.9], ["no", "yes", "yes"]),
        ("multiclass", ("a", "b", "c"), [[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]], ["b", "a"]),
        ("regression", (), [1.0, 2.0], []),
    ],
)
def test_scores_are_named_by_their_class(task, classes, scores, labels):
    column = FIELDS["x"]
    signature = Signature(model="m", task=task, columns=(column,), classes=classes)
    assert signature.labels(np.array(scores)) == labels


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"classes": ("a",)}, "a regression model cannot have 1 classes"),
        ({"task": "binary"}, "a binary model cannot have 0 classes"),
        ({"task": "multiclass", "classes": ("a", "b")}, "a multiclass model cannot have 2 classes"),
        ({"task": "binary", "classes": ("a", "a")}, "two classes have the same name"),
        ({"columns": (FIELDS["x"], FIELDS["x"])}, "two columns have the same name"),
        ({"columns": ()}, "at least 1 item"),
        ({"model": "../up"}, "should match pattern"),
        ({"threshold": 1.5}, "less than or equal to 1"),
        ({"extra": 1}, "Extra inputs are not permitted"),
    ],
)
def test_a_signature_that_contradicts_itself_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Signature.model_validate({**MIXED.model_dump(), **change})


def test_categories_are_refused_on_numbers():
    with pytest.raises(ValueError, match="categories are for strings, not for type 'float'"):
        Column(name="v", type="float", nullable=False, categories=("a",))


@example("\U00010d3a" * 40)
@given(ANYTHING)
def test_a_quote_is_short_whatever_is_quoted(value):
    assert len(quote(value)) < 100


DAY = one("float", dates=True)


@pytest.mark.parametrize(
    ("sent", "days"),
    [("1970-01-11", 10), (" 1970-01-02T12:00Z ", 1.5), ("1970-01-01T01:00+01:00", 0), (7, 7)],
)
def test_a_date_may_be_sent_as_text_or_as_its_days(sent, days):
    assert DAY.arrays({"v": [sent, 3.5]})["v"].tolist() == [days, 3.5]


@pytest.mark.parametrize("sent", ["11.01.1970", "soon", "", True, None])
def test_what_is_no_date_is_refused_and_told_how_to_write_one(sent):
    with pytest.raises(InvalidInput, match="expected a date or time of ISO 8601, or its days"):
        DAY.arrays({"v": [sent]})


def test_dates_are_numbers_and_nothing_else():
    with pytest.raises(ValueError, match="column 'v': dates are of type 'float', got 'string'"):
        one("string", dates=True)
    with pytest.raises(InvalidInput, match="got '1970-01-11', expected a finite number"):
        one("float").arrays({"v": ["1970-01-11"]})


NUMBERS = ["f2", "f4", "f8", "i1", "i4", "i8", "u1", "u8", "?"]


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
@pytest.mark.parametrize("kind", ["float", "integer", "boolean", "string"])
@pytest.mark.parametrize("nullable", [True, False])
@given(data=st.data(), dtype=st.sampled_from(NUMBERS))
def test_an_array_of_numbers_is_judged_as_the_list_of_its_cells(kind, nullable, data, dtype):
    cells = data.draw(arrays(np.dtype(dtype), st.integers(1, 5)))
    signature, told = one(kind, nullable=nullable), []
    for values in (cells, cells.tolist()):
        try:
            told.append(signature.arrays({"v": values})["v"].tolist())
        except InvalidInput as refused:
            told.append(str(refused))
    assert repr(told[0]) == repr(told[1])


def test_memory_is_shared_with_an_array_that_cannot_be_written_to_alone():
    fixed, loose = np.array([1.0, 2.0]), np.array([1.0, 2.0])
    fixed.flags.writeable = False
    assert np.shares_memory(one("float").arrays({"v": fixed})["v"], fixed)
    assert not np.shares_memory(one("float").arrays({"v": loose})["v"], loose)

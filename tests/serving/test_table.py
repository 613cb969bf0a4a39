"""Columns checked all at once say the same as columns checked one by one."""

from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.errors import InvalidInput
from serving.signature import Column, Signature
from tests.support.bundles import TRANSACTIONS, transactions

MIXED = Signature(
    model="mixed",
    task="regression",
    columns=(
        Column(name="text", type="string", nullable=True, categories=("a", "b")),
        Column(name="float", type="float", nullable=True),
        Column(name="word", type="string", nullable=False),
        Column(name="integer", type="integer", nullable=False),
        Column(name="flag", type="boolean", nullable=True),
    ),
)
ROW = MappingProxyType(
    {"text": ["a"], "float": [1.5], "word": ["x"], "integer": [2], "flag": [True]}
)
CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(["a", "b", "c", "", "2020-01-01"]),
    st.lists(st.integers(), max_size=1),
)


def one_by_one(signature, columns):
    arrays = {column.name: column.array(columns[column.name]) for column in signature.columns}
    signature._check_lengths(arrays)
    return arrays


def test_numbers_and_texts_are_rows_of_two_blocks():
    table = TRANSACTIONS.plan.checked(transactions(3))
    assert (table.numbers.shape, table.texts.shape, table.rows) == ((3, 3), (1, 3), 3)
    assert list(table) == list(TRANSACTIONS.names)
    assert np.shares_memory(table["hour"], table.numbers)


@given(st.fixed_dictionaries({name: st.lists(CELLS, max_size=3) for name in MIXED.names}))
def test_a_table_holds_what_each_column_would_hold(columns):
    table = MIXED.plan.checked(columns)
    try:
        expected = one_by_one(MIXED, columns)
    except InvalidInput:
        assert table is None
        return
    for name in MIXED.names if table is not None else ():
        np.testing.assert_array_equal(table[name], expected[name])
        assert table[name].dtype == expected[name].dtype


@pytest.mark.parametrize(
    "change",
    [
        {"text": ["c"]},
        {"float": [4e38]},
        {"float": [10**400]},
        {"float": [1.0, 2.0]},
        {"word": [None]},
        {"integer": [True]},
        {"integer": [2**53]},
        {"flag": [1]},
        {"more": [1]},
    ],
)
def test_what_is_in_doubt_makes_no_table_and_is_refused_by_name(change):
    assert MIXED.plan.checked({**ROW, **change}) is None
    with pytest.raises(InvalidInput):
        MIXED.arrays({**ROW, **change})


def test_missing_cells_are_nan_and_none():
    table = MIXED.plan.checked({**ROW, "text": [None], "float": [None], "flag": [None]})
    assert table["text"].tolist() == [None]
    assert np.isnan(table.numbers[[0, 2], 0]).all()


def test_no_rows_and_a_missing_column_make_no_table():
    assert MIXED.plan.checked({name: [] for name in MIXED.names}) is None
    assert MIXED.plan.checked({"text": ["a"]}) is None


def test_columns_of_one_kind_alone_make_a_table():
    words = Signature(
        model="words",
        task="regression",
        columns=(Column(name="word", type="string", nullable=False),),
    )
    table = words.plan.checked({"word": ["x", "y"]})
    assert (table.numbers.shape, table["word"].tolist()) == ((0, 2), ["x", "y"])


def test_arrays_that_were_checked_one_by_one_are_stacked():
    columns = transactions(4)
    arrays = one_by_one(TRANSACTIONS, columns)
    stacked, table = TRANSACTIONS.plan.stacked(arrays), TRANSACTIONS.plan.checked(columns)
    np.testing.assert_array_equal(stacked.numbers, table.numbers)
    np.testing.assert_array_equal(stacked.texts, table.texts)

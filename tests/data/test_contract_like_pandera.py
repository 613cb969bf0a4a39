"""A contract judges cell by cell as pandera does, whatever it is asked."""

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.test_contract import CONTRACT, SCHEMA, contract, rows

FLOATS = st.one_of(st.none(), st.floats(-3, 3), st.integers(-3, 3).map(float))
CHECKS = [
    pandera.Check.gt(0),
    pandera.Check.in_range(-1, 1),
    pandera.Check.isin([0.0, 1.0, -1.0]),
    pandera.Check.ne(1),
    pandera.Check(lambda values: values**2 < 4, name="small"),
    pandera.Check(lambda value: value != 2, element_wise=True, name="no two"),
]


@given(st.lists(FLOATS, min_size=1, max_size=12), st.sampled_from(CHECKS))
def test_a_check_of_numbers_says_what_pandera_says(values, check):
    column = pandera.Column(float, check, nullable=True)
    written = [None if one is None else repr(one) for one in values]
    text = pl.DataFrame({"x": written}, schema={"x": pl.String})
    assert set(np.flatnonzero(~contract(column).judge(text).good)) == failures(column, values)


TEXTS = st.one_of(st.none(), st.sampled_from(["", "a", "ab", "abc", "B", " a", "é"]))
TEXT_CHECKS = [
    pandera.Check.isin(["a", "B"]),
    pandera.Check.notin(["a"]),
    pandera.Check.str_matches("^a"),
    pandera.Check.str_contains("b"),
    pandera.Check.str_length(1, 2),
    pandera.Check.str_startswith("a"),
    pandera.Check(lambda values: values.str.upper() == values, name="upper"),
    pandera.Check(lambda value: value.startswith("a"), element_wise=True, name="starts"),
]


@given(st.lists(TEXTS, min_size=1, max_size=12), st.sampled_from(TEXT_CHECKS))
def test_a_check_of_text_says_what_pandera_says(values, check):
    column = pandera.Column(str, check, nullable=True)
    text = pl.DataFrame({"x": values}, schema={"x": pl.String})
    assert set(np.flatnonzero(~contract(column).judge(text).good)) == failures(column, values)


def failures(column, values):
    """The places at which pandera itself finds the column broken."""
    kind = float if column.dtype.type == np.float64 else object
    frame = pd.DataFrame({"x": values}, dtype=kind)
    return broken_places(pandera.DataFrameSchema({"x": column}), frame)


def broken_places(schema, frame):
    try:
        schema.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as found:
        return set(found.failure_cases["index"])
    return set()


@settings(max_examples=25)
@given(st.lists(st.tuples(st.booleans(), st.sampled_from(["chip", "web"])), min_size=1))
def test_a_check_of_rows_says_what_pandera_says(values):
    changes = [{"abroad": str(abroad).lower(), "channel": channel} for abroad, channel in values]
    judged = CONTRACT.judge(rows(*changes))
    assert set(np.flatnonzero(~judged.good)) == broken_places(SCHEMA, judged.typed.to_pandas())

"""The contract of the training data, asked of what callers sent."""

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pytest

from platform_assets.data.columns import column_of
from platform_assets.watch.monitors.invariants import broken, invariants
from platform_assets.watch.observations import Outcome
from tests.support.looks import ROWS, by_subject, look
from tests.support.watched_model import orders


def column(kind, **rules):
    return column_of(
        "x", pandera.DataFrameSchema({"x": pandera.Column(kind, **rules)}).columns["x"]
    )


@pytest.mark.parametrize(
    ("rule", "values", "bad"),
    [
        (column(float, checks=pandera.Check.ge(0)), [1.0, -1.0, np.nan], [False, True, True]),
        (column(float, nullable=True), [1.0, np.nan], [False, False]),
        (column(int, checks=pandera.Check.lt(9)), [1.0, 1.5, 9.0], [False, True, True]),
        (column(str, checks=pandera.Check.isin(["a"])), ["a", "b", None], [False, True, True]),
        (column(bool), [1.0, 0.0], [False, False]),
    ],
    ids=["bound", "a gap that may be", "whole numbers", "values", "truth"],
)
def test_a_value_that_training_would_refuse_is_broken(rule, values, bad):
    assert broken(pd.Series(values), rule).tolist() == bad


def test_the_share_is_held_against_what_a_delivery_may_have():
    allowed = look().folder.spec.source.max_quarantined
    frame = orders(ROWS, seed=5)
    few = frame.assign(amount=frame["amount"].where(frame.index % 4 > 0, -1.0))
    most = frame.assign(amount=-1.0)
    assert by_subject(invariants(look(few)))["amount"].value == 0.25 < allowed
    found = by_subject(invariants(look(most)))
    assert found["amount"].outcome is Outcome.BEYOND
    assert found["hour"].outcome is found["channel"].outcome is Outcome.OK

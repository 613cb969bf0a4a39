"""Drift against a bundle's reference: what moved is found, and what did not is let be."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from platform_assets.ml.drift import (
    counts,
    drifts,
    expected,
    score_drift,
    stability_index,
)
from platform_assets.ml.reference import reference

PSI, SIGNIFICANCE = 0.1, 0.01


def rows(n, seed):
    draw = np.random.default_rng(seed)
    amount = draw.lognormal(3, 1, n)
    return pd.DataFrame(
        {
            "amount": np.where(draw.random(n) < 0.1, np.nan, amount),
            "hour": draw.integers(0, 24, n),
            "channel": draw.choice(["web", "shop", "phone"], n, p=[0.6, 0.3, 0.1]),
        }
    )


KNOWN = reference(rows(5000, 0), np.random.default_rng(0).beta(1, 9, 5000))


def beyond(frame):
    return [one.column for one in drifts(frame, KNOWN) if one.beyond(PSI, SIGNIFICANCE)]


def test_rows_as_before_have_not_moved():
    assert beyond(rows(1000, 1)) == []


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("amount", lambda one: one * 100),
        ("amount", lambda one: one.where(np.arange(len(one)) % 3 > 0)),
        ("hour", lambda one: one // 2),
        ("channel", lambda one: one.where(one != "web", "kiosk")),
        ("channel", lambda one: one.where(one != "web", None)),
    ],
    ids=["cents for euros", "a third missing", "half the day", "a new value", "no value"],
)
def test_only_the_column_that_changed_has_moved(column, change):
    frame = rows(1000, 1)
    assert beyond(frame.assign(**{column: change(frame[column])})) == [column]


def test_a_small_difference_in_many_rows_is_sure_and_not_far():
    frame = rows(200_000, 1)
    moved = {one.column: one for one in drifts(frame.assign(amount=frame.amount * 1.05), KNOWN)}
    assert moved["amount"].p_value < SIGNIFICANCE
    assert not moved["amount"].beyond(PSI, SIGNIFICANCE)


def test_a_large_difference_in_few_rows_is_far_and_not_sure():
    moved = {one.column: one for one in drifts(rows(8, 3), KNOWN)}
    assert all(one.p_value > SIGNIFICANCE for one in moved.values())


def test_the_distance_is_that_of_scipy_up_to_the_bins():
    frame = rows(2000, 1)
    moved = {one.column: one for one in drifts(frame.assign(amount=frame.amount * 2), KNOWN)}
    found = moved["amount"]
    exact = stats.ks_2samp(rows(5000, 0).amount.dropna(), (frame.amount * 2).dropna()).statistic
    assert found.distance == pytest.approx(exact, abs=0.05)
    assert found.distance <= exact + 1e-9


def test_counts_and_shares_leave_no_row_out():
    frame = rows(1000, 1)
    for name, entry in KNOWN["features"].items():
        assert counts(frame[name], entry).sum() == 1000
        assert expected(entry).sum() == pytest.approx(1)


def test_the_index_of_equal_counts_is_none_and_grows_with_the_difference():
    was = np.array([100.0, 100.0, 100.0])
    near, far = np.array([110.0, 100.0, 90.0]), np.array([200.0, 90.0, 10.0])
    assert stability_index(was, was) == 0
    assert stability_index(was, near) < stability_index(was, far)


def test_by_chance_the_index_is_near_nothing_even_in_few_rows():
    draw = np.random.default_rng(5)
    shares = np.full(20, 0.05)
    found = [
        stability_index(draw.multinomial(330, shares), draw.multinomial(200, shares))
        for _ in range(200)
    ]
    assert np.mean(found) < 0.03
    assert np.quantile(found, 0.99) < 0.2


def test_the_chance_of_a_false_finding_in_any_of_many_columns_is_kept():
    draw = np.random.default_rng(7)
    names = [f"x{number}" for number in range(20)]
    known = reference(pd.DataFrame(draw.normal(size=(2000, 20)), columns=names), draw.random(20))
    false = sum(
        any(
            one.p_value <= 0.05
            for one in drifts(pd.DataFrame(draw.normal(size=(300, 20)), columns=names), known)
        )
        for _ in range(40)
    )
    assert false <= stats.binom.ppf(0.999, 40, 0.05)


def test_scores_are_compared_like_a_column():
    draw = np.random.default_rng(1)
    assert not score_drift(draw.beta(1, 9, 1000), KNOWN).beyond(PSI, SIGNIFICANCE)
    assert score_drift(draw.beta(2, 5, 1000), KNOWN).beyond(PSI, SIGNIFICANCE)


def test_of_several_classes_the_most_probable_is_counted():
    draw = np.random.default_rng(1)
    known = reference(rows(500, 0), draw.dirichlet([2, 1, 1], 500))
    assert not score_drift(draw.dirichlet([2, 1, 1], 500), known).beyond(PSI, SIGNIFICANCE)
    assert score_drift(draw.dirichlet([1, 1, 4], 500), known).beyond(PSI, SIGNIFICANCE)


def test_values_that_are_all_missing_have_moved():
    frame = rows(500, 1).assign(amount=np.nan)
    assert beyond(frame) == ["amount"]

"""The holdout stays while a champion stands, and nothing learns from rows that belong to it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_assets.ml.holdout import (
    HOLDOUT,
    TRAIN,
    WAITING,
    Before,
    cut,
    divide,
    held_and_learned,
    kept,
)
from tests.ml.examples import spec

KINDS = {
    "random": {"kind": "random"},
    "stratified": {"kind": "stratified"},
    "group": {"kind": "group", "group": "who"},
    "time": {"kind": "time"},
}


def asked(kind, **split):
    return spec("regression", time="day", split=KINDS[kind] | split)


def rows(first, last):
    number = np.arange(first, last)
    day = pd.Timestamp("2026-01-01") + pd.to_timedelta(number // 4, unit="D")
    return pd.DataFrame(
        {"amount": number / 7, "who": number % 37, "day": day, "y": (number % 11).astype(float)}
    )


def ids(frame, parts, part):
    return set(frame["amount"][parts == part])


def grown(kind, old=400, new=40):
    """The rows before and after a delivery, with their parts, the holdout frozen."""
    model, before, after = asked(kind), rows(0, old), rows(0, old + new)
    parts = cut(before, model)
    return before, parts, after, kept(after, model, Before(before, parts))


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_that_was_there_keeps_its_part(kind):
    before, parts, after, now = grown(kind)
    assert ids(after, now, HOLDOUT) == ids(before, parts, HOLDOUT)
    assert ids(before, parts, TRAIN) <= ids(after, now, TRAIN)


@pytest.mark.parametrize("kind", KINDS)
def test_new_rows_that_belong_to_the_holdout_wait(kind):
    before, _, after, now = grown(kind)
    waiting = ids(after, now, WAITING)
    assert waiting
    assert not waiting & set(before["amount"])


def test_by_time_nothing_learned_is_newer_than_anything_held_out():
    _, _, after, now = grown("time")
    assert after["day"][now == TRAIN].max() < after["day"][now == HOLDOUT].min()
    late = pd.concat([after, rows(4, 5).assign(amount=0.123)], ignore_index=True)
    parts = kept(late, asked("time"), Before(after, now))
    assert parts[-1] == TRAIN


def test_a_group_never_stands_on_both_sides():
    _, _, after, now = grown("group", new=200)
    assert not set(after["who"][now == TRAIN]) & set(after["who"][now != TRAIN])


def test_rows_like_learned_ones_are_learned_and_like_held_ones_wait():
    before = rows(0, 400)
    parts = cut(before, asked("random"))
    copies = before.assign(y=before["y"] + 0.5)
    now = kept(
        pd.concat([before, copies], ignore_index=True), asked("random"), Before(before, parts)
    )
    expected = np.where(parts == HOLDOUT, WAITING, TRAIN)
    np.testing.assert_array_equal(now[400:], expected)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_left_leave_the_holdout(kind):
    model, before = asked(kind), rows(0, 400)
    parts = cut(before, model)
    left = before[100:]
    now = kept(left, model, Before(before, parts))
    assert ids(left, now, HOLDOUT) == ids(before[100:], parts[100:], HOLDOUT)


@given(st.lists(st.integers(0, 5), min_size=2, max_size=40), st.randoms(use_true_random=False))
def test_equal_rows_keep_their_numbers_in_each_part_whatever_the_order(values, random):
    frame = pd.DataFrame({"amount": values, "y": 0.0})
    parts = np.array([random.choice([TRAIN, HOLDOUT, WAITING]) for _ in values], dtype=object)
    shuffled = frame.sample(frac=1, random_state=1).reset_index(drop=True)
    now = kept(shuffled, asked("random"), Before(frame, parts))
    counts = [
        pd.Series(one).groupby(values_).value_counts().to_dict()
        for one, values_ in ((parts, frame["amount"]), (now, shuffled["amount"]))
    ]
    assert counts[0] == counts[1]


def test_waiting_rows_join_once_there_are_enough_of_them():
    before, parts, after, now = grown("random", new=20)
    model = asked("random", renew_at=0.9)
    assert divide(after, model, Before(before, parts)).renewed == ""
    found = divide(after, asked("random", renew_at=0.01), Before(before, parts))
    assert ids(after, found.parts, HOLDOUT) == ids(after, now, HOLDOUT) | ids(after, now, WAITING)
    assert "rows waited" in found.renewed
    assert WAITING not in found.parts


def test_by_time_a_renewed_holdout_holds_the_newest_rows_and_none_that_was_learned():
    before, parts, after, _ = grown("time", new=100)
    found = divide(after, asked("time"), Before(before, parts))
    assert found.renewed
    np.testing.assert_array_equal(found.parts, cut(after, asked("time")))
    held, learned = after[found.parts == HOLDOUT], before[parts == TRAIN]
    assert held_and_learned(held, learned) == 0


def test_a_reason_renews_and_without_any_nothing_changes():
    before, parts, after, now = grown("random", new=4)
    same = divide(after, asked("random"), Before(before, parts))
    np.testing.assert_array_equal(same.parts, now)
    assert divide(after, asked("random"), Before(before, parts), asked="spring").renewed == "spring"
    anew = divide(after, asked("random"), Before(before, parts), anew="other columns")
    np.testing.assert_array_equal(anew.parts, cut(after, asked("random")))


def test_a_holdout_of_which_no_row_is_left_is_renewed():
    before, parts = rows(0, 400), cut(rows(0, 400), asked("time"))
    left = before[parts == TRAIN]
    assert divide(left, asked("time"), Before(before, parts)).renewed == "none of its rows is left"


def test_rows_are_known_again_when_whole_numbers_have_become_floats():
    before = rows(0, 400)
    parts = cut(before, asked("random"))
    floats = before.astype({"who": float, "day": "datetime64[us]"})
    np.testing.assert_array_equal(kept(floats, asked("random"), Before(before, parts)), parts)

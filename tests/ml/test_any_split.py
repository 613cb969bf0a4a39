"""What holds of every split, whatever rows arrive."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from platform_assets.ml.splits import split, validation
from platform_assets.spec import Split

SHARES = st.floats(0.05, 0.5)
CLASSES = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=60)
DAYS = st.lists(st.none() | st.integers(0, 9), min_size=1, max_size=60)
SEEDS = st.integers(0, 5)


def by_class(names):
    return pd.DataFrame({"id": np.arange(len(names)), "y": names})


def by_day(days):
    start = pd.Timestamp("2026-01-01")
    time = [pd.NaT if day is None else start + pd.Timedelta(days=day) for day in days]
    return pd.DataFrame({"id": np.arange(len(days)), "time": pd.to_datetime(time), "y": 0.0})


def at_random(frame, share, seed, task="multiclass"):
    return split(
        frame, Split(kind="random", holdout=share, seed=seed), target="y", time=None, task=task
    )


def newest(frame, share):
    spec = Split(kind="time", holdout=share)
    return split(frame, spec, target="y", time="time", task="regression")


@given(CLASSES, SHARES, SEEDS)
def test_no_row_is_lost_or_doubled_at_random(names, share, seed):
    frame = by_class(names)
    parts = at_random(frame, share, seed)
    assert sorted([*parts.train["id"], *parts.holdout["id"]]) == list(frame["id"])


@given(CLASSES, SHARES, SEEDS)
def test_every_class_of_the_holdout_can_be_learned(names, share, seed):
    parts = at_random(by_class(names), share, seed)
    counts = pd.Series(names).value_counts()
    twice = set(counts.index[counts > 1])
    assert twice <= set(parts.train["y"])
    assert twice <= set(parts.holdout["y"])


@given(CLASSES, SHARES, SEEDS, st.randoms(use_true_random=False))
def test_the_side_of_a_row_does_not_depend_on_the_order_of_reading(names, share, seed, random):
    frame = by_class(names)
    order = list(frame.index)
    random.shuffle(order)
    held = set(at_random(frame, share, seed).holdout["id"])
    assert set(at_random(frame.loc[order], share, seed).holdout["id"]) == held


@given(DAYS, SHARES)
def test_no_row_is_lost_or_doubled_by_time(days, share):
    frame = by_day(days)
    parts = newest(frame, share)
    assert sorted([*parts.train["id"], *parts.holdout["id"]]) == list(frame["id"])


@given(DAYS, SHARES)
def test_nothing_learned_is_newer_than_anything_held_out(days, share):
    parts = newest(by_day(days), share)
    if len(parts.holdout):
        assert parts.holdout["time"].notna().all()
        known = parts.train["time"].dropna()
        assert known.empty or known.max() < parts.holdout["time"].min()


@given(DAYS, SHARES)
def test_of_two_known_days_something_is_held_out_and_something_learned(days, share):
    parts = newest(by_day(days), share)
    if len({day for day in days if day is not None}) > 1:
        assert len(parts.holdout)
        assert parts.train["time"].notna().any()


@given(CLASSES, SHARES, SEEDS)
def test_the_rows_a_search_is_judged_on_are_rows_of_the_training_part(names, share, seed):
    spec = Split(kind="random", holdout=share, validation=share, seed=seed)
    train = at_random(by_class(names), share, seed).train
    judged = validation(train, spec, target="y", time=None, task="multiclass")
    assert judged.shape == (len(train),)
    assert judged.dtype == bool


GROUPS = st.lists(st.none() | st.integers(0, 12), min_size=1, max_size=60)
NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=40, max_size=80)


def by_group(names):
    return pd.DataFrame({"id": np.arange(len(names)), "who": names, "y": 0.0})


def grouped(frame, share, seed):
    spec = Split(kind="group", group="who", holdout=share, seed=seed)
    return split(frame, spec, target="y", time=None, task="regression")


@given(GROUPS, SHARES, SEEDS)
def test_a_group_is_on_one_side_and_no_row_is_lost(names, share, seed):
    frame = by_group(names)
    parts = grouped(frame, share, seed)
    assert not set(parts.train["who"].dropna()) & set(parts.holdout["who"].dropna())
    assert sorted([*parts.train["id"], *parts.holdout["id"]]) == list(frame["id"])


@given(GROUPS, SHARES, SEEDS)
def test_of_two_groups_one_is_learned_and_one_held_out(names, share, seed):
    parts = grouped(by_group(names), share, seed)
    if len({name for name in names if name is not None}) > 1:
        assert len(parts.train)
        assert len(parts.holdout)


@given(GROUPS, SHARES, SEEDS, st.randoms(use_true_random=False))
def test_the_side_of_a_group_does_not_depend_on_the_order_of_reading(names, share, seed, random):
    frame = by_group(names)
    order = list(frame.index)
    random.shuffle(order)
    held = set(grouped(frame, share, seed).holdout["id"])
    assert set(grouped(frame.loc[order], share, seed).holdout["id"]) == held


@given(NUMBERS, SHARES, SEEDS)
def test_each_tenth_of_a_measured_target_gives_its_share(values, share, seed):
    frame = pd.DataFrame({"id": np.arange(len(values)), "y": values})
    spec = Split(kind="stratified", holdout=share, seed=seed)
    held = split(frame, spec, target="y", time=None, task="regression").holdout
    many = frame["y"].nunique() > 10
    tenths = pd.qcut(frame["y"], 10, labels=False, duplicates="drop") if many else frame["y"]
    for _, rows in frame.groupby(tenths):
        given_ = held["id"].isin(rows["id"]).sum()
        least = min(1, len(rows) - 1)
        assert abs(given_ - share * len(rows)) <= max(1, least)

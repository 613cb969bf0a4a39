import numpy as np
import pandas as pd
import pytest

from platform_assets.ml.splits import split, validation
from platform_assets.spec import Split

BY_TIME = Split(kind="time", holdout=0.2, validation=0.25)
AT_RANDOM = Split(kind="random", holdout=0.2, validation=0.25, seed=7)


def days(rows_of_day):
    day = np.repeat(np.arange(len(rows_of_day)), rows_of_day)
    time = pd.Timestamp("2026-01-01") + pd.to_timedelta(day, unit="D")
    frame = pd.DataFrame({"time": time, "y": np.arange(len(day)) % 2})
    return frame.sample(frac=1, random_state=0).reset_index(drop=True)


def divide(frame, spec, task="binary", key=None):
    time = "time" if spec.kind == "time" else None
    return split(frame, spec, target="y", time=time, task=task, key=key)


def test_every_row_is_in_exactly_one_part():
    frame = days([7] * 10)
    for spec in (BY_TIME, AT_RANDOM):
        parts = divide(frame, spec)
        together = pd.concat([parts.train, parts.holdout]).sort_index()
        pd.testing.assert_frame_equal(together, frame)


def test_by_time_the_newest_rows_are_held_out():
    parts = divide(days([10] * 10), BY_TIME)
    assert len(parts.holdout) == 20
    assert parts.train["time"].max() < parts.holdout["time"].min()


def test_a_timestamp_never_straddles_even_when_the_share_is_missed_for_it():
    parts = divide(days([10, 10, 10, 65, 5]), BY_TIME)
    assert len(parts.holdout) == 5
    assert not set(parts.train["time"]) & set(parts.holdout["time"])


def test_of_two_cuts_the_one_closer_to_the_share_is_taken():
    assert len(divide(days([70, 12, 18]), BY_TIME).holdout) == 18
    assert len(divide(days([75, 23, 2]), BY_TIME).holdout) == 25


def test_rows_without_a_time_are_learned_from():
    frame = days([10] * 10)
    frame.loc[:4, "time"] = pd.NaT
    assert divide(frame, BY_TIME).train["time"].isna().sum() == 5


def test_a_single_timestamp_leaves_nothing_to_hold_out():
    parts = divide(days([50]), BY_TIME)
    assert (len(parts.train), len(parts.holdout)) == (50, 0)


def test_at_random_each_class_gives_its_share():
    frame = pd.DataFrame({"y": ["rare"] * 10 + ["common"] * 990})
    held = divide(frame, AT_RANDOM).holdout["y"].value_counts()
    assert held.to_dict() == {"common": 198, "rare": 2}


@pytest.mark.parametrize("share", [0.01, 0.89])
def test_a_class_of_two_rows_is_on_both_sides(share):
    frame = pd.DataFrame({"y": [1, 1] + [0] * 98})
    parts = divide(frame, AT_RANDOM.model_copy(update={"holdout": share}))
    assert (parts.train["y"] == 1).sum() == (parts.holdout["y"] == 1).sum() == 1


def test_a_random_split_of_measured_values_does_not_look_at_them():
    frame = pd.DataFrame({"y": np.random.default_rng(0).normal(size=442)})
    assert len(divide(frame, AT_RANDOM, "regression").holdout) == 88


def test_the_seed_decides_a_random_split():
    frame = days([10] * 10)
    other = AT_RANDOM.model_copy(update={"seed": 8})
    first, again, else_ = (
        divide(frame, spec).holdout.index for spec in (AT_RANDOM, AT_RANDOM, other)
    )
    assert first.equals(again)
    assert not first.equals(else_)


def test_rows_stay_on_their_side_when_others_arrive():
    frame = pd.DataFrame({"id": np.arange(3000), "y": np.arange(3000) % 2})
    before = divide(frame.iloc[:2000], AT_RANDOM)
    after = divide(frame, AT_RANDOM)
    moved = set(after.holdout["id"]) & set(before.train["id"])
    assert len(moved) < 0.1 * len(after.holdout)


def test_the_order_in_which_rows_are_read_does_not_matter():
    frame = pd.DataFrame({"id": np.arange(500), "y": np.arange(500) % 2})
    shuffled = frame.sample(frac=1, random_state=3)
    held = set(divide(frame, AT_RANDOM).holdout["id"])
    assert set(divide(shuffled, AT_RANDOM).holdout["id"]) == held


def copied(rows, times):
    """Every row `times` times, under names of their own."""
    frame = pd.DataFrame({"amount": np.arange(rows) / 7, "y": np.arange(rows) % 2})
    frame = pd.concat([frame] * times, ignore_index=True)
    return frame.assign(id=[f"p{number}" for number in range(len(frame))])


@pytest.mark.parametrize("seed", range(5))
def test_copies_under_other_names_stay_on_one_side(seed):
    spec = AT_RANDOM.model_copy(update={"seed": seed})
    parts = divide(copied(500, times=3), spec, key="id")
    assert not set(parts.train["amount"]) & set(parts.holdout["amount"])
    assert abs(len(parts.holdout) - 300) <= 4


def test_copies_that_would_fill_the_holdout_are_parted():
    parts = divide(copied(1, times=100), AT_RANDOM, key="id")
    assert len(parts.holdout) == 20


def test_the_side_of_a_parted_copy_does_not_depend_on_the_order_of_rows():
    frame = copied(1, times=100)
    held = set(divide(frame, AT_RANDOM, key="id").holdout["id"])
    shuffled = frame.sample(frac=1, random_state=3)
    assert set(divide(shuffled, AT_RANDOM, key="id").holdout["id"]) == held


def test_a_pair_of_copies_in_a_small_class_is_not_parted():
    for seed in range(20):
        spec = AT_RANDOM.model_copy(update={"seed": seed})
        parts = divide(copied(6, times=2), spec, "regression", key="id")
        assert not set(parts.train["amount"]) & set(parts.holdout["amount"])


def test_validation_rows_are_the_newest_of_the_training_part():
    train = divide(days([10] * 10), BY_TIME).train
    judged = validation(train, BY_TIME, target="y", time="time", task="binary")
    assert judged.sum() == 20
    assert train.loc[~judged, "time"].max() < train.loc[judged, "time"].min()


BY_GROUP = Split(kind="group", group="who", holdout=0.2, seed=7)


def people(count):
    return pd.DataFrame({"id": np.arange(count * 3), "who": np.arange(count * 3) % count, "y": 0.0})


def test_groups_are_held_out_whole_and_close_to_the_share():
    parts = divide(people(200), BY_GROUP, "regression")
    assert len(parts.holdout) == 120
    assert parts.holdout["who"].value_counts().eq(3).all()


def test_groups_stay_on_their_side_when_others_arrive():
    before, after = (divide(people(count), BY_GROUP, "regression") for count in (1000, 1500))
    moved = set(after.holdout["who"]) & set(before.train["who"])
    assert len(moved) < 0.1 * after.holdout["who"].nunique()


def test_each_value_of_a_stratum_gives_its_share_of_each_class():
    rows = 1000
    frame = pd.DataFrame({"id": np.arange(rows), "shop": np.arange(rows) % 20 == 0})
    frame["y"] = np.arange(rows) // 20 % 2
    spec = AT_RANDOM.model_copy(update={"kind": "stratified", "strata": "shop"})
    held = divide(frame, spec).holdout
    assert held.groupby(["shop", "y"]).size().tolist() == [95, 95, 5, 5]


def test_a_row_keeps_its_side_when_the_first_gap_appears_in_a_column_of_whole_numbers():
    frame = pd.DataFrame({"id": np.arange(500), "age": np.arange(500) % 80, "y": 0.0})
    gap = pd.DataFrame({"id": [500], "age": [np.nan], "y": [0.0]})
    before = divide(frame, AT_RANDOM, "regression", key="id")
    after = divide(pd.concat([frame, gap], ignore_index=True), AT_RANDOM, "regression", key="id")
    assert len(set(before.holdout["id"]) ^ set(after.holdout["id"])) <= 2

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets

from platform_assets.ml.leakage import alone, leaks
from platform_assets.spec import DataChecks
from tests.ml.examples import example


def answer(task, rows=4000, seed=0):
    """Features that tell something of the target, and the target."""
    return example(task, rows, seed)


def score(frame, target, task, feature, missing=False):
    found = {(one.feature, one.missing): one.score for one in alone(frame, target, task)}
    return found[feature, missing]


def judged(frame, target, task, **settings):
    spec = DataChecks(**settings)
    return leaks(alone(frame, target, task), len(frame), spec, "y")


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_strong_feature_is_no_leak(task):
    frame, target = answer(task)
    found = judged(frame, target, task)
    assert found.passed
    assert found.facts["strongest"] == "amount"
    assert 0.5 < found.facts["its_score"] < 0.96


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_the_target_under_another_name_blocks(task):
    frame, target = answer(task)
    found = judged(frame.assign(billed=target * 1.19 + 3), target, task)
    assert "each alone nearly tells 'y': billed" in found.blocking[0]
    assert "checks.trusted" in found.blocking[0]


def test_a_number_that_tells_by_its_range_alone_blocks():
    frame, target = answer("binary")
    draw = np.random.default_rng(1).uniform(0, 1, len(target))
    frame["fee"] = np.where(target == 1, (draw + 1) * (-1) ** (draw > 0.5), draw / 2)
    assert judged(frame, target, "binary").blocking


@pytest.mark.parametrize("share", [0.3, 0.01])
def test_a_rare_class_does_not_hide_a_leak(share):
    draw = np.random.default_rng(0)
    target = (draw.random(50_000) < share).astype(int)
    frame = pd.DataFrame({"refund": target * 5 + draw.uniform(0, 5, len(target))})
    assert judged(frame, target, "binary").blocking


def test_words_that_name_the_class_block():
    frame, target = answer("multiclass")
    named = np.array(["closed", "open", "sold"], dtype=object)[target]
    assert judged(frame.assign(state=named), target, "multiclass").blocking


def test_a_value_that_is_there_only_after_the_outcome_is_warned_of():
    frame, target = answer("binary")
    late = np.random.default_rng(1).random(len(target)) < np.where(target == 1, 0.95, 0.03)
    found = judged(frame.assign(boat=np.where(late, "b", None)), target, "binary")
    assert "boat (missing or not)" in found.warnings[0]
    assert not found.blocking


def test_gaps_at_random_tell_nothing():
    frame, target = answer("binary")
    assert score(frame, target, "binary", "age", missing=True) < 0.1


def test_names_that_never_repeat_tell_nothing():
    frame, target = answer("binary")
    named = [f"customer {number}" for number in range(len(frame))]
    assert score(frame.assign(name=named), target, "binary", "name") < 0.05


def test_a_trusted_feature_may_tell_all():
    frame, target = answer("binary")
    assert judged(frame.assign(exam=target), target, "binary", trusted=["exam"]).passed


def test_the_bounds_are_those_of_the_specification():
    frame, target = answer("binary")
    assert judged(frame, target, "binary", warn_leak=0.5).warnings
    assert judged(frame, target, "binary", warn_leak=0.5, max_leak=0.6).blocking


def test_a_clean_cut_of_few_rows_is_warned_of_and_does_not_block():
    frame, target = answer("binary", rows=60)
    found = judged(frame.assign(billed=target * 1.0), target, "binary")
    assert (len(found.blocking), len(found.warnings)) == (0, 1)


@pytest.mark.parametrize("seed", range(5))
def test_chance_among_500_columns_is_no_leak(seed):
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(draw.normal(size=(200, 500))).rename(columns=str)
    assert judged(frame, draw.integers(0, 2, 200), "binary").passed


@pytest.mark.parametrize(
    ("name", "task"),
    [("breast_cancer", "binary"), ("wine", "multiclass"), ("diabetes", "regression")],
)
def test_real_tables_with_strong_features_pass(name, task):
    loaded = getattr(datasets, f"load_{name}")(as_frame=True)
    for seed in range(5):
        chosen = np.random.default_rng(seed).permutation(len(loaded.frame))
        chosen = chosen[: len(chosen) * 4 // 5]
        assert judged(loaded.data.iloc[chosen], loaded.target.to_numpy()[chosen], task).passed


def test_iris_is_never_stopped():
    loaded = datasets.load_iris(as_frame=True)
    for seed in range(10):
        chosen = np.random.default_rng(seed).permutation(150)[:120]
        found = judged(loaded.data.iloc[chosen], loaded.target.to_numpy()[chosen], "multiclass")
        assert not found.blocking


def test_equal_rows_and_seed_give_equal_scores():
    frame, target = answer("multiclass", rows=30_000)
    assert alone(frame, target, "multiclass") == alone(frame, target, "multiclass")


def test_dates_infinities_and_empty_columns_are_taken_as_they_are():
    frame, target = answer("binary")
    day = pd.Timestamp("2026-01-01") + pd.to_timedelta(target, unit="D")
    frame = frame.assign(closed=day, ratio=frame["amount"].where(target == 1, np.inf), none=np.nan)
    frame.loc[:5, "closed"] = pd.NaT
    found = {one.feature: one.score for one in alone(frame, target, "binary") if not one.missing}
    assert found["closed"] > 0.98
    assert found["ratio"] > 0.99
    assert found["none"] == 0.0


@pytest.mark.parametrize("task", ["binary", "regression"])
@pytest.mark.parametrize("rows", [0, 1, 2])
def test_a_table_of_hardly_any_rows_tells_nothing(task, rows):
    frame, target = answer(task)
    assert all(one.score == 0.0 for one in alone(frame[:rows], target[:rows], task))

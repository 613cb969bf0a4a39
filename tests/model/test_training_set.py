"""The training set: every row with a target is in one part, and unfit parts are told."""

import pandas as pd
import pytest

from platform_assets.ml.fitness import fitness
from platform_assets.model.frozen import set_fingerprint
from platform_assets.model.rows import PART
from platform_assets.model.training_set import divided
from tests.model.conftest import clean
from tests.support.tiny import orders, tiny

REGRESSION = {
    "task": "regression",
    "target": "amount",
    "features": ["channel"],
    "metric": "mae",
    "gates": [{"metric": "mae", "beat": "dummy"}],
}


def test_every_clean_row_is_in_one_part_and_keeps_its_columns():
    frame = orders(200, seed=1)
    table = divided(tiny(), clean(frame)).to_pandas()
    assert set(table[PART]) == {"train", "holdout"}
    found = table.drop(columns=[PART]).sort_values("order").reset_index(drop=True)
    pd.testing.assert_frame_equal(found, frame.sort_values("order").reset_index(drop=True))


def test_rows_whose_target_is_unknown_teach_and_judge_nothing():
    frame = orders(100, seed=1).astype({"returned": float})
    frame.loc[:29, "returned"] = None
    table = divided(tiny(), clean(frame)).to_pandas()
    assert set(table["order"]) == set(frame["order"][30:])


def test_the_delivery_a_row_came_in_does_not_decide_its_part():
    frame = orders(200, seed=1)
    one, other = (
        divided(tiny(), clean(frame).assign(_delivery=number)).to_pandas().set_index("order")[PART]
        for number in (1, 2)
    )
    pd.testing.assert_series_equal(one.sort_index(), other.sort_index())


def fit(task="binary", train=(), holdout=()):
    return fitness(pd.Series(train, dtype=float), pd.Series(holdout, dtype=float), task)


def test_parts_with_both_classes_are_fit():
    found = fit(train=[0, 0, 0, 1], holdout=[0, 1])
    assert found.passed
    assert found.facts["train_rows"] == 4
    assert list(found.facts["class_shares"].values()) == [0.75, 0.25]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({"train": [0, 1]}, "no rows to be judged on; no class but one to be judged on"),
        ({"holdout": [0, 1]}, "no rows to learn from; no class but one to learn from"),
        ({"train": [0, 0], "holdout": [0, 1]}, "no class but one to learn from"),
        ({"train": [0, 1], "holdout": [1, 1]}, "no class but one to be judged on"),
        ({"train": [0, 1], "holdout": [0, 2, 3]}, "classes only in the holdout: 2.0, 3.0"),
    ],
)
def test_unfit_parts_are_told_by_what_they_lack(rows, said):
    found = fit(**rows)
    assert found.blocking
    assert said in found.text


def test_a_regression_needs_rows_and_no_classes():
    assert fit("regression", train=[1.5], holdout=[1.5]).passed
    assert set(fit("regression", train=[1.5], holdout=[1.5]).facts) == {
        "train_rows",
        "holdout_rows",
    }
    assert fit("regression", train=[1.5]).blocking


@pytest.mark.parametrize(
    ("cleaned", "changes"),
    [
        (4, {}),
        (3, {"split": {"kind": "random", "seed": 8}}),
        (3, {"split": {"kind": "random", "holdout": 0.4}}),
        (3, {"target": "amount", "features": ["channel"]}),
    ],
)
def test_other_rows_or_another_split_make_another_training_set(cleaned, changes):
    assert set_fingerprint(tiny(**changes), cleaned) != set_fingerprint(tiny(), 3)


def test_gates_and_search_leave_the_training_set_as_it_is():
    changed = tiny(search={"trials": 9}, gates=[{"metric": "brier", "reach": 0.1}])
    assert set_fingerprint(changed, 3) == set_fingerprint(tiny(), 3)

"""The training set: every row with a target is in one part, and unfit parts are told."""

import pandas as pd
import pytest

from platform_assets.model.rows import PART
from platform_assets.model.training_set import divided, fitness, set_fingerprint
from tests.model.conftest import clean
from tests.support.tiny import orders, tiny

REGRESSION = {
    "task": "regression",
    "target": "amount",
    "features": ["channel"],
    "metric": "mae",
    "gates": [{"metric": "mae", "beat": "dummy"}],
}


def parts(**rows):
    """A training set with these targets in its parts."""
    pairs = [(part, target) for part, targets in rows.items() for target in targets]
    return pd.DataFrame(pairs, columns=[PART, "returned"])


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
        divided(tiny(), clean(frame).assign(_file=name)).to_pandas().set_index("order")[PART]
        for name in ("monday.csv", "tuesday.csv")
    )
    pd.testing.assert_series_equal(one.sort_index(), other.sort_index())


def test_parts_with_both_classes_are_fit():
    result = fitness(tiny(), parts(train=[0, 0, 0, 1], holdout=[0, 1]))
    assert result.passed
    assert result.metadata["train_rows"].value == 4
    assert result.metadata["class_shares"].value == {"0": 0.75, "1": 0.25}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({"train": [0, 1]}, "no rows to be judged on; no class but one to be judged on"),
        ({"holdout": [0, 1]}, "no rows to learn from; no class but one to learn from"),
        ({"train": [0, 0], "holdout": [0, 1]}, "no class but one to learn from"),
        ({"train": [0, 1], "holdout": [1, 1]}, "no class but one to be judged on"),
        ({"train": [0, 1], "holdout": [0, 2, 3]}, "classes only in the holdout: 2, 3"),
    ],
)
def test_unfit_parts_are_told_by_what_they_lack(rows, said):
    result = fitness(tiny(), parts(**rows))
    assert not result.passed
    assert said in result.description


def test_a_regression_needs_rows_and_no_classes():
    folder = tiny(**REGRESSION)
    frame = pd.DataFrame({PART: ["train", "holdout"], "amount": [1.5, 1.5]})
    result = fitness(folder, frame)
    assert result.passed
    assert set(result.metadata) == {"train_rows", "holdout_rows"}
    assert not fitness(folder, frame[:1]).passed


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

import pandas as pd

from platform_assets.ml.apart import shared_groups

MANY = [f"p{number}" for number in range(40)]


def judged(train, holdout, *, shown=True):
    return shared_groups(
        pd.Series(train, dtype=object), pd.Series(holdout, dtype=object), "who", shown=shown
    )


def test_groups_of_one_side_each_pass():
    found = judged(MANY[:20], MANY[20:])
    assert found.passed
    assert found.facts == {"groups_train": 20, "groups_holdout": 20}


def test_a_group_in_both_parts_blocks_and_is_counted():
    found = judged(MANY[:21], [*MANY[20:], "p20"])
    assert "1 values of 'who' stand in both parts (2 rows of the holdout)" in found.blocking[0]
    assert "p20" in found.blocking[0]
    assert "p20" not in judged(MANY[:21], MANY[20:], shown=False).blocking[0]


def test_rows_without_a_group_are_warned_of_and_are_no_group_together():
    found = judged([*MANY[:20], None, None], [*MANY[20:], None])
    assert not found.blocking
    assert found.warnings == ["7.0% of the rows have no 'who'; whose they are is unknown"]


def test_a_holdout_of_few_groups_is_warned_of():
    assert "3 values of 'who'" in judged(MANY[:20], MANY[20:23]).warnings[0]

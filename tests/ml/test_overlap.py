import numpy as np
import pandas as pd
import pytest

from platform_assets.ml.overlap import shared_rows


def measured(rows, seed=0):
    """Rows of two measured values, a word and a target; no two are equal by nature."""
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "weight": draw.normal(70, 10, rows).round(3),
            "height": draw.normal(170, 10, rows).round(3),
            "sex": draw.choice(["f", "m"], rows),
            "ill": draw.integers(0, 2, rows),
        }
    )


def counted(rows, seed=0):
    """Rows of few columns of few values, as a survey has them; many are equal by nature."""
    draw = np.random.default_rng(seed)
    sizes = {"town": 8, "floor": 5, "rooms": 4, "heating": 3, "sold": 2}
    return pd.DataFrame({name: draw.integers(0, size, rows) for name, size in sizes.items()})


def copied(frame, rows):
    """The first `rows` rows become copies of the last ones."""
    return pd.concat([frame.iloc[-rows:], frame.iloc[rows:]], ignore_index=True)


def compare(frame, limit=0.01, **options):
    cut = len(frame) * 4 // 5
    columns = [name for name in frame if name != "id"]
    return shared_rows(frame[:cut], frame[cut:], columns, limit=limit, **options)


def test_rows_that_are_all_different_pass_without_a_word():
    found = compare(measured(2000))
    assert found.passed
    assert found.text == ""
    assert found.facts["equal_rows"] == 0


def test_copies_on_both_sides_block_with_their_number_and_the_way_out():
    found = compare(copied(measured(2000), 40))
    assert found.facts["copies"] == 40
    assert "40 of 400 holdout rows (10.0%) are copies" in found.blocking[0]
    assert "checks.max_copied_rows" in found.blocking[0]


def test_a_share_of_copies_up_to_the_limit_passes():
    assert compare(copied(measured(2000), 40), limit=0.1).passed
    assert not compare(copied(measured(2000), 41), limit=0.1).passed


def test_one_or_two_equal_rows_of_a_small_table_decide_nothing():
    assert compare(copied(measured(60), 2)).passed
    assert not compare(copied(measured(60), 3)).passed


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("rows", [200, 2000, 20_000])
def test_a_table_of_few_values_repeats_by_nature_and_says_so(rows, seed):
    found = compare(counted(rows, seed))
    assert found.passed
    assert found.facts["equal_rows"] > 0.05 * rows / 5
    assert "as rows of this table do by nature" in found.text


def test_columns_that_follow_from_others_do_not_make_copies_of_rows():
    frame = counted(3000).assign(region=lambda rows: rows["town"] // 2)
    frame = pd.concat([frame, pd.get_dummies(frame["town"], prefix="town")], axis=1)
    assert compare(frame).passed


@pytest.mark.parametrize("seed", range(5))
def test_copies_are_found_where_some_values_are_common(seed):
    frame = measured(4000, seed).assign(weight=lambda rows: rows["weight"].round())
    assert compare(copied(frame, 100)).facts["copies"] > 80


def test_missing_values_are_equal_to_each_other():
    frame = measured(2000)
    frame.loc[::2, "weight"] = np.nan
    assert compare(copied(frame, 40)).facts["copies"] > 30


def test_equal_values_of_two_columns_do_not_cancel_out():
    swapped = measured(2000)
    swapped.loc[1600:, ["weight", "height"]] = swapped.loc[:399, ["height", "weight"]].to_numpy()
    assert compare(swapped).facts["equal_rows"] == 0


def test_an_id_in_both_parts_blocks_whatever_the_limit():
    frame = measured(100).assign(id=[*range(99), 7])
    found = compare(frame, limit=1.0, key="id")
    assert found.blocking == ["1 values of 'id', which names a row once, stand in both parts"]


def test_the_example_shows_only_the_columns_that_may_be_shown():
    found = compare(copied(measured(2000), 40), shown=["sex"])
    assert "for example the row with sex=" in found.text
    assert "weight" not in found.text


def test_a_part_without_rows_is_not_called_free_of_copies():
    frame = measured(10)
    assert shared_rows(frame, frame[:0], ["weight"], limit=0.01).blocking

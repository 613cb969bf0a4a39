"""Labels that name no request: which prediction of their entity they belong to, if any."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from platform_assets.watch.monitors.as_of import as_of

NOON, HOUR = datetime(2026, 3, 1, 12, tzinfo=UTC), timedelta(hours=1)


def at(*said):
    """A row for each (card, minutes after noon)."""
    return pd.DataFrame(
        {
            "card": [card for card, _ in said],
            "time": [NOON + timedelta(minutes=minutes) for _, minutes in said],
        }
    )


def joined(asked, rows, taken=()):
    mask = np.isin(np.arange(len(asked)), taken)
    found = as_of(asked, rows, ["card"], HOUR, mask)
    pairs = list(zip(found.asked.tolist(), found.rows.tolist(), strict=True))
    return pairs, len(found.ambiguous), len(found.unmatched)


def test_a_label_belongs_to_the_last_prediction_of_its_entity_at_or_before_it():
    asked = at(("a", 0), ("b", 5), ("a", 10), ("a", 20))
    assert joined(asked, at(("a", 19))) == ([(2, 0)], 0, 0)
    assert joined(asked, at(("a", 20))) == ([(3, 0)], 0, 0)


def test_the_order_in_which_rows_stand_in_the_tables_says_nothing():
    asked, rows = at(("a", 20), ("b", 5), ("a", 0)), at(("b", 9), ("a", 19), ("a", 21))
    assert joined(asked, rows) == ([(0, 2), (1, 0), (2, 1)], 0, 0)


def test_a_label_before_every_prediction_or_beyond_the_tolerance_belongs_to_none():
    asked = at(("a", 0))
    assert joined(asked, at(("a", -1), ("a", 61), ("c", 1))) == ([], 0, 3)
    assert joined(asked, at(("a", 60))) == ([(0, 0)], 0, 0)


def test_of_two_predictions_at_once_neither_gets_the_label():
    assert joined(at(("a", 0), ("a", 0)), at(("a", 1))) == ([], 1, 0)
    assert joined(at(("a", 0), ("b", 0)), at(("a", 1))) == ([(0, 0)], 0, 0)


def test_two_labels_of_one_prediction_are_both_left_out():
    assert joined(at(("a", 0)), at(("a", 1), ("a", 2))) == ([], 2, 0)


def test_a_prediction_that_has_its_label_by_id_gets_no_second():
    """The label does not fall back on an earlier prediction, whose truth it is not."""
    assert joined(at(("a", 0), ("a", 5)), at(("a", 6)), taken=[1]) == ([], 1, 0)


def test_missing_entities_and_times_belong_to_none_however_many_are_missing():
    asked, rows = at((None, 0), ("a", 0)), at((None, 1), ("a", 1))
    rows.loc[1, "time"] = pd.NaT
    assert joined(asked, rows) == ([], 0, 2)


def test_numbers_are_the_same_entity_whichever_type_a_table_has():
    assert joined(at((7.0, 0)), at((7, 1))) == ([(0, 0)], 0, 0)
    assert joined(at((7, 0)), at(("7", 1))) == ([], 0, 1)
    assert joined(at((float(2**53), 0)), at((2**53 + 1, 1))) == ([], 0, 1)


def test_an_entity_of_two_columns_is_found_by_both():
    asked = at(("a", 0), ("a", 1)).assign(shop=[1.0, 2.0])
    rows = at(("a", 2), ("a", 2)).assign(shop=[1, np.nan])
    found = as_of(asked, rows, ["card", "shop"], HOUR, np.zeros(2, bool))
    assert (found.asked.tolist(), found.rows.tolist(), found.unmatched.tolist()) == ([0], [0], [1])


def test_without_rows_or_predictions_nothing_is_joined():
    assert joined(at(), at(("a", 1))) == ([], 0, 1)
    assert joined(at(("a", 1)), at()) == ([], 0, 0)

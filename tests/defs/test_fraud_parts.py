"""The parts of the simulator: history, thefts and dirt."""

import numpy as np
import pandas as pd
import pytest

from platform_assets.defs.fraud.aggregates import HOUR, History, of_customers
from platform_assets.defs.fraud.dirt import as_text, soil, write_csv
from platform_assets.defs.fraud.patterns import thefts
from platform_assets.defs.fraud.simulator import _together
from platform_assets.defs.fraud.world import (
    CATEGORIES,
    DAY,
    MAGSTRIPE,
    ONLINE,
    ONLINE_MODE,
    build_world,
    honest,
)

PATTERNS = ("skimming", "testing", "spree", "takeover")
OWNER = np.array([1, 2, 1, 1, 2])
SECOND = np.array([0, 10, 100, 4000, 4000])
VALUE = np.array([1, 10, 100, 1000, 10_000])


@pytest.fixture(scope="module")
def world():
    return build_world(7)


@pytest.fixture(scope="module")
def stolen(world):
    """Ten days of each pattern."""
    days = [thefts(world, day) for day in range(30, 40)]
    return dict(zip(PATTERNS, map(_together, zip(*days, strict=True)), strict=True))


def test_history_counts_what_the_owner_did_before():
    count, total = History(OWNER, SECOND, VALUE).count_and_sum(HOUR)
    assert count.tolist() == [0, 0, 1, 0, 0]
    assert total.tolist() == [0, 0, 1, 0, 0]
    assert History(OWNER, SECOND, VALUE).count_and_sum(DAY)[0].tolist() == [0, 0, 1, 2, 1]


def test_history_can_leave_the_latest_events_out():
    count, total = History(OWNER, SECOND, VALUE).count_and_sum(DAY, until=3950)
    assert count.tolist() == [0, 0, 0, 1, 1]
    assert total.tolist() == [0, 0, 0, 1, 10]


def test_history_does_not_mind_the_order_of_events_or_times_before_zero():
    places = np.array([3, 0, 4, 2, 1])
    shifted = History(OWNER[places], SECOND[places] - 50_000, VALUE[places])
    plain = History(OWNER, SECOND, VALUE)
    assert shifted.count_and_sum(DAY)[1].tolist() == plain.count_and_sum(DAY)[1][places].tolist()


def test_the_time_since_the_last_event_is_unknown_for_the_first():
    assert History(OWNER, SECOND, VALUE).since_last() == pytest.approx(
        [np.nan, np.nan, 100, 3900, 3990], nan_ok=True
    )


def test_a_customers_mean_is_that_of_earlier_payments():
    found = of_customers(np.array([5, 5, 5]), np.array([0, 60, 120]), np.array([10.0, 20.0, 90.0]))
    assert found["customer_mean_amount_30d"] == pytest.approx([np.nan, 10, 15], nan_ok=True)
    assert found["amount_to_mean_30d"] == pytest.approx([np.nan, 2, 6], nan_ok=True)


def test_honest_people_are_no_thieves_and_thieves_no_honest_people(world, stolen):
    assert not honest(world, 60).fraud.any()
    assert all(payments.fraud.all() for payments in stolen.values())


def test_skimmed_cards_are_used_at_few_terminals(stolen):
    found = stolen["skimming"]
    assert len(np.unique(found.terminal)) <= 24
    assert (found.terminal >= ONLINE).all()
    assert (found.mode == MAGSTRIPE).any()


def test_a_tested_card_pays_little_several_times_and_then_much(stolen):
    found = pd.DataFrame({"card": stolen["testing"].customer, "amount": stolen["testing"].amount})
    bursts = found.groupby("card")["amount"]
    assert (bursts.size() >= 3).all()
    assert (bursts.last() > 3 * bursts.median()).mean() > 0.9


def test_a_spree_goes_far_from_home(world, stolen):
    found = stolen["spree"]
    usual = honest(world, 60)
    apart = world.distance_km(found.customer, found.terminal)
    assert np.nanmedian(apart) > 3 * np.nanmedian(world.distance_km(usual.customer, usual.terminal))


def test_a_takeover_buys_gift_cards_and_electronics_for_round_sums(world, stolen):
    found = stolen["takeover"]
    assert {CATEGORIES[one] for one in world.category[found.terminal]} <= {
        "gift_cards",
        "electronics",
    }
    assert (found.amount % 25 == 0).all()
    assert (found.mode == ONLINE_MODE).all()
    assert found.new_device.mean() > 0.7


def day(rows=5000):
    return as_text(
        pd.DataFrame(
            {
                "time": pd.Timestamp("2026-01-01T10:00:00"),
                "amount": np.full(rows, 12.5),
                "merchant_category": "fuel",
                "hour": 10,
                "customer_count_24h": 0,
                "distance_from_home_km": np.where(np.arange(rows) % 2, 3.25, np.nan),
                "terminal_fraud_share_30d": 0.0,
                "is_fraud": False,
                "place": np.arange(rows),
            }
        )
    )


def test_values_are_written_as_people_read_them_and_gaps_as_nothing():
    first, second = day(2).to_dict("records")
    assert first["time"] == "2026-01-01T10:00:00"
    assert (first["amount"], first["is_fraud"]) == ("12.5", "false")
    assert first["distance_from_home_km"] is None
    assert second["distance_from_home_km"] == "3.25"


def test_dirt_loses_no_row_and_spoils_at_most_one_value_of_each():
    clean = day()
    on_time, late = soil(clean, np.random.default_rng(0))
    everything = pd.concat([on_time, *late.values()])
    assert set(everything["place"]) == set(clean["place"])
    filled = everything.fillna("").sort_values("place")
    truth = clean.fillna("").set_index("place", drop=False).loc[filled["place"]]
    changed = (filled.to_numpy() != truth.to_numpy()).sum(axis=1)
    assert set(changed) == {0, 1}


def test_dirt_leaves_the_given_rows_as_they_were():
    clean = day()
    before = clean.copy(deep=True)
    soil(clean, np.random.default_rng(0))
    pd.testing.assert_frame_equal(clean, before)


def test_a_value_with_a_comma_is_still_one_value_in_the_file(tmp_path):
    rows = pd.DataFrame({"amount": ["12,50", None], "hour": ["1", "2"]})
    path = write_csv(tmp_path / "a.csv", rows)
    assert pd.read_csv(path, dtype=str)["amount"].tolist()[0] == "12,50"
    assert [found.name for found in tmp_path.iterdir()] == ["a.csv"]

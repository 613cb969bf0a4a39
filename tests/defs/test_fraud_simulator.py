from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import polars as pl
import pytest

from platform_assets.data.contract import Contract as Compiled
from platform_assets.data.repeats import Repeats
from platform_assets.defs.fraud.contract import Contract
from platform_assets.defs.fraud.dirt import LATE, LONGEST_DELAY
from platform_assets.defs.fraud.patterns import CYCLE, strength
from platform_assets.defs.fraud.simulator import deliveries, simulate, write_deliveries
from tests.support.texts import texts

SCHEMA = Contract.to_schema()
COMPILED = Compiled.of(SCHEMA, "transaction_id")


@cache
def lived(days=8, seed=7):
    return simulate(days=days, seed=seed)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    target = tmp_path_factory.mktemp("landing")
    write_deliveries(target, days=6)
    return target


@pytest.fixture(scope="module")
def rows(folder):
    days = [texts(path, COMPILED.names, "csv") for path in sorted(folder.iterdir())]
    return pl.concat(days)


@pytest.fixture(scope="module")
def judged(rows):
    return COMPILED.judge(rows, Repeats())


def test_every_simulated_payment_keeps_the_contract():
    checked = SCHEMA.validate(lived(), lazy=True)
    assert len(checked) == len(lived())
    assert list(lived().columns) == list(SCHEMA.columns)


def test_payments_come_in_order_of_time_within_the_days_asked_for():
    found = simulate(days=2, start=date(2026, 3, 1))["time"]
    assert found.is_monotonic_increasing
    assert found.min() >= pd.Timestamp("2026-03-01")
    assert found.max() < pd.Timestamp("2026-03-03")


def test_no_two_payments_share_an_id():
    assert lived()["transaction_id"].is_unique


def test_the_seed_decides_every_value():
    pd.testing.assert_frame_equal(simulate(days=2), lived(days=2))
    assert not simulate(days=2, seed=8)["amount"].equals(lived(days=2)["amount"])


def test_a_longer_simulation_begins_with_a_shorter_one():
    short = lived(days=3)
    pd.testing.assert_frame_equal(lived().head(len(short)), short)


def test_about_one_payment_in_a_hundred_is_a_fraud():
    assert 0.004 < lived()["is_fraud"].mean() < 0.02


def test_a_distance_is_missing_exactly_for_payments_online():
    online = lived()["entry_mode"] == "online"
    assert lived()["distance_from_home_km"].isna().equals(online)


def test_the_counts_of_a_customer_look_back_and_leave_the_payment_out():
    found = lived()
    last = found[found["time"] >= "2026-01-08"]
    for row in last.sample(40, random_state=0).itertuples():
        own = found[(found["customer_id"] == row.customer_id) & (found["time"] < row.time)]
        for hours in (1, 24):
            since = row.time - pd.Timedelta(hours=hours)
            assert getattr(row, f"customer_count_{hours}h") == (own["time"] >= since).sum()


def test_minutes_since_the_last_payment_are_those_to_the_one_before():
    found = lived()
    gaps = found.groupby("customer_id")["time"].diff().dt.total_seconds() / 60
    known = gaps.notna()
    assert found.loc[known, "minutes_since_last"].to_numpy() == pytest.approx(
        gaps[known].to_numpy(), abs=0.051
    )


def test_a_fraud_is_known_at_its_terminal_only_after_three_days():
    """A share that knew today's frauds would leak the label."""
    found = lived(days=40)
    row = found[(found["terminal_fraud_share_30d"] > 0.05)].iloc[-1]
    past = found[found["terminal_id"] == row["terminal_id"]]
    since, until = row["time"] - pd.Timedelta(days=30), row["time"] - pd.Timedelta(days=3)
    window = past[(past["time"] >= since) & (past["time"] < until)]
    assert row["terminal_fraud_share_30d"] == pytest.approx(window["is_fraud"].mean(), abs=1e-4)


def test_patterns_come_and_go():
    for pattern in ("skimming", "testing", "spree", "takeover"):
        found = [strength(pattern, day) for day in range(CYCLE)]
        assert max(found) > 2.5 * min(found)
    assert strength("takeover", 19) == 0 < strength("takeover", 40)
    assert strength("takeover", 19 + CYCLE) == 0


def test_takeover_is_unknown_in_the_first_three_weeks():
    found = lived(days=40)
    round_sums = found["new_device"] & found["amount"].isin([50, 100, 150, 200])
    day = (found["time"] - pd.Timestamp("2026-01-01")).dt.days
    assert found.loc[round_sums & (day < 20), "is_fraud"].sum() <= 1
    assert found.loc[round_sums & (day > 30), "is_fraud"].sum() > 30


def test_sixty_days_deliver_two_hundred_thousand_rows():
    assert sum(len(rows) for _, rows in deliveries()) >= 200_000


def test_a_file_a_day_appears_and_no_half_written_one_stays(folder):
    names = sorted(path.name for path in folder.iterdir())
    assert names == [f"transactions-2026-01-0{day}.csv" for day in range(1, 7)]


def test_a_longer_delivery_begins_with_the_files_of_a_shorter_one(folder, tmp_path):
    for path in write_deliveries(tmp_path, days=3):
        assert path.read_bytes() == (folder / path.name).read_bytes()


def test_files_carry_the_dirt_that_a_contract_finds(judged):
    kinds = set(judged.rules.drop_nulls().str.split(":").list.first())
    assert kinds == {"type", "null", "value", "duplicate"}
    assert 0.97 < judged.good.mean() < 0.995


def test_what_the_contract_lets_through_is_what_was_simulated(judged):
    clean = judged.typed.filter(judged.good).to_pandas()
    truth = simulate(days=6).set_index("transaction_id")
    clean = clean.set_index("transaction_id")[truth.columns]
    pd.testing.assert_frame_equal(
        clean.sort_index(), truth.loc[clean.index].sort_index(), check_dtype=False
    )


def test_some_rows_arrive_days_late(folder):
    delays = []
    for path in sorted(folder.iterdir()):
        times = pd.to_datetime(pd.read_csv(path)["time"], errors="coerce")
        delays.append((pd.Timestamp(path.stem[-10:]) - times.dt.normalize()).dt.days)
    delay = pd.concat(delays)
    assert delay.max() == LONGEST_DELAY
    assert 0.2 * LATE < (delay > 0).mean() < 2 * LATE
    assert np.isin(delay.dropna(), range(LONGEST_DELAY + 1)).all()

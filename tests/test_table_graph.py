"""The graph of a small model whose rows come from a table."""

import sqlite3
from contextlib import closing

import dagster as dg
import pytest

from platform_assets.data.ledger import Outcome, table
from platform_assets.errors import SourceUnavailable
from tests.support.fake_serve import FakeServe
from tests.support.tiny import Platform, orders, tiny

pytestmark = pytest.mark.slow

SOURCE = {"kind": "sql", "connection": "SHOP", "table": "orders", "cursor": "number", "lag": 2}
FIRST = ("raw", "cleaned", "quarantine")


@pytest.fixture
def model():
    return tiny(source=SOURCE | {"batch_rows": 60})


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setenv("SLIPWAY_SQL_SHOP", f"sqlite:///{tmp_path / 'shop.db'}")
    return tmp_path / "shop.db"


@pytest.fixture
def platform(tmp_path):
    with FakeServe() as serve, dg.DagsterInstance.ephemeral() as instance:
        yield Platform.create(tmp_path / "home", serve, instance)


def fill(shop, frame):
    frame["number"] = frame["order"].str[1:].astype(int)
    with closing(sqlite3.connect(shop)) as connection, connection:
        frame.to_sql("orders", connection, if_exists="append", index=False)


def test_rows_of_a_table_are_cleaned_like_those_of_a_file(platform, model, shop):
    frame = orders(100, seed=1)
    frame.loc[:9, "channel"] = "street"
    frame.loc[10:14, "amount"] = None
    fill(shop, frame)
    assert platform.run(model, *FIRST).success
    clean, bad = (platform.lake.read(f"tiny/{name}").to_pandas() for name in FIRST[1:])
    assert (len(clean), len(bad), clean["amount"].isna().sum()) == (90, 10, 5)
    assert sorted([*clean["order"], *bad["order"]]) == sorted(frame["order"])
    given = frame.set_index("order")["amount"]
    kept = clean.set_index("order")["amount"]
    assert kept.equals(given[kept.index])


def test_one_run_takes_in_the_backlog_of_a_table_pull_by_pull(platform, model, shop):
    """Each pull had a run of its own, with a training behind it."""
    fill(shop, orders(150, seed=1))
    assert platform.run(model, "raw").success
    outcomes = platform.lake.read(table("tiny")).column("outcome").to_pylist()
    assert outcomes == [Outcome.LANDED] * 3


def test_a_run_without_new_rows_takes_nothing_in_and_passes(platform, model, shop):
    fill(shop, orders(30, seed=1))
    for _ in range(2):
        assert platform.run(model, *FIRST).success
    outcomes = platform.lake.read(table("tiny")).column("outcome").to_pylist()
    assert outcomes == [Outcome.LANDED]
    assert platform.lake.count("tiny/cleaned") == 30


def test_a_table_that_is_gone_fails_the_run_with_its_name(platform, model, shop):
    shop.touch()
    result = platform.run(model, "raw")
    (failed,) = [event for event in result.all_events if event.is_step_failure]
    cause = failed.step_failure_data.error.cause
    assert cause.cls_name == SourceUnavailable.__name__
    assert "SHOP.orders: cannot be reached (there is no table orders)" in cause.message

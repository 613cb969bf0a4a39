import pandas as pd
import pandera.pandas as pandera
import pytest

from platform_assets.defs.fraud.contract import Contract
from platform_assets.defs.fraud.world import CATEGORIES
from tests.defs.path import folder

PAYMENT = {
    "transaction_id": "2026-01-01-00000",
    "time": pd.Timestamp("2026-01-01T00:02:29"),
    "customer_id": "C00762",
    "terminal_id": "T01497",
    "amount": 21.06,
    "merchant_category": "restaurant",
    "entry_mode": "chip",
    "new_device": False,
    "hour": 0,
    "account_age_days": 1144,
    "distance_from_home_km": 9.3,
    "customer_count_1h": 0,
    "customer_count_24h": 0,
    "customer_mean_amount_30d": 37.89,
    "amount_to_mean_30d": 0.556,
    "minutes_since_last": 1553.4,
    "terminal_count_24h": 0,
    "terminal_fraud_share_30d": 0.0,
    "is_fraud": False,
}

BROKEN = [
    ("transaction_id", "tx-1"),
    ("time", pd.Timestamp("1970-01-01")),
    ("amount", 0.0),
    ("amount", 1e9),
    ("merchant_category", "Grocery "),
    ("entry_mode", "fax"),
    ("hour", 24),
    ("account_age_days", -1),
    ("distance_from_home_km", 40_075.0),
    ("customer_count_1h", -1),
    ("terminal_fraud_share_30d", 1.5),
]
MAY_BE_MISSING = [
    "distance_from_home_km", "customer_mean_amount_30d", "amount_to_mean_30d", "minutes_since_last",
]  # fmt: skip


def checked(**changed):
    return Contract.validate(pd.DataFrame([PAYMENT | changed]), lazy=True)


def test_a_usual_payment_keeps_the_contract():
    assert len(checked()) == 1


@pytest.mark.parametrize(("column", "value"), BROKEN)
def test_a_payment_that_cannot_be_breaks_the_contract(column, value):
    with pytest.raises(pandera.errors.SchemaErrors, match=column):
        checked(**{column: value})


@pytest.mark.parametrize("column", MAY_BE_MISSING)
def test_what_a_new_customer_or_a_payment_online_lacks_may_be_missing(column):
    assert checked(**{column: None})[column].isna().all()


def test_nothing_else_may_be_missing():
    nullable = [name for name, column in Contract.to_schema().columns.items() if column.nullable]
    assert nullable == MAY_BE_MISSING


def test_a_column_nobody_asked_for_is_dropped():
    assert "cashier" not in checked(cashier="Ann")


def test_every_category_of_the_world_is_allowed():
    assert all(len(checked(merchant_category=name)) == 1 for name in CATEGORIES)


def test_the_label_and_the_names_of_things_are_no_features():
    given = set(folder("fraud").spec.features)
    assert not given & {"transaction_id", "time", "customer_id", "terminal_id", "is_fraud"}
    assert given < set(PAYMENT)

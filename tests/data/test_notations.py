"""Money, percent and dates as numbers, each value for itself."""

from datetime import datetime

import pandera.pandas as pandera
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_assets.data.casting import cast
from platform_assets.data.contract import Contract
from platform_assets.errors import ContractUnusable
from serving.signature import Column, Signature

DOOR = Signature(
    model="toy",
    task="regression",
    columns=(Column(name="day", type="float", nullable=True, dates=True),),
)
MONEY = [
    ("$1,234.50", 1234.5),
    ("-$5", -5.0),
    ("$ -5", -5.0),
    ("($1,234)", -1234.0),
    ("US$ 12", 12.0),
    ("EUR 12.5", 12.5),
    ("1,000", 1000.0),
    (" 7 ", 7.0),
    ("$.99", 0.99),
    ("$12,34", None),
    ("ABC 12", None),
    ("$5k", None),
    ("$", None),
    ("", None),
]
COMMA = [
    ("1.234,50 €", 1234.5),
    ("\u20ac12", 12.0),
    ("1\u202f234,5 CHF", 1234.5),
    ("1,234.50 €", None),
]


def read(texts, notation, **options):
    return cast(pl.Series(texts), "float", notation=notation, **options).to_list()


@pytest.mark.parametrize(("text", "value"), MONEY)
def test_money_is_the_amount(text, value):
    assert read([text, None], "money") == [value, None]


@pytest.mark.parametrize(("text", "value"), COMMA)
def test_money_with_a_decimal_comma_is_the_amount(text, value):
    assert read([text], "money", comma=True) == [value]


@given(st.decimals(-(10**9), 10**9, places=2))
def test_every_amount_that_python_writes_is_read(amount):
    assert read([f"{amount:,} USD"], "money") == [float(amount)]


def test_percent_is_the_number_before_the_sign_and_needs_it():
    assert read(["12 %", "-0.5%", "\u22125%", "12", "%"], "percent") == [12, -0.5, -5, None, None]
    assert read(["12,5 %"], "percent", comma=True) == [12.5]


def test_a_date_is_its_days_since_1970():
    assert read(["1970-01-02", "1969-12-31T12:00", "05.01.1970"], "date") == [1, -0.5, None]
    assert read(["05.01.1970", "1970-01-05"], "date", form="%d.%m.%Y") == [4, None]


# Earlier clocks had offsets of seconds, and the nanoseconds of pandas end in 2262.
MOMENTS = st.datetimes(
    datetime.fromisoformat("1990-01-01"),
    datetime.fromisoformat("2200-01-01"),
    timezones=st.none() | st.timezones(),
)


@given(MOMENTS)
def test_a_time_means_the_same_in_a_delivery_and_at_the_door(time):
    text = time.isoformat()
    assert DOOR.arrays({"day": [text]})["day"].tolist() == read([text], "date")


def test_what_does_not_fit_goes_to_quarantine_alone():
    column = pandera.Column(float, metadata={"notation": "money"})
    contract = Contract.of(pandera.DataFrameSchema({"x": column}))
    judged = contract.judge(pl.DataFrame({"x": ["$5", "free", "$7"]}))
    assert judged.rules.to_list() == [None, "type:x", None]
    assert judged.typed["x"].to_list()[::2] == [5, 7]


@pytest.mark.parametrize(
    ("kind", "notation", "message"),
    [
        (float, "roman", "got notation 'roman', expected money, percent, date"),
        (int, "money", "got notation 'money' of int, expected the type float"),
    ],
)
def test_a_notation_that_cannot_be_is_refused(kind, notation, message):
    column = pandera.Column(kind, metadata={"notation": notation})
    with pytest.raises(ContractUnusable, match=message):
        Contract.of(pandera.DataFrameSchema({"x": column}))

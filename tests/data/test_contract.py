import pandas as pd
import pandera.pandas as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_assets.data.contract import RULE, broken_schema, clean_schema, sort_rows


class Payments(pa.DataFrameModel):
    payment: str
    at: pd.Timestamp
    amount: float = pa.Field(gt=0, nullable=True)
    items: int = pa.Field(ge=0)
    abroad: bool
    channel: str = pa.Field(isin=["chip", "web"], nullable=True)


CONTRACT = Payments.to_schema()
GOOD = {
    "payment": "p1",
    "at": "2024-01-01T10:00:00",
    "amount": "12.5",
    "items": "2",
    "abroad": "false",
    "channel": "chip",
}


def rows(*changes):
    made = [{**GOOD, "payment": f"p{i}", **change} for i, change in enumerate(changes)]
    return pd.DataFrame(made, columns=list(GOOD), dtype=object).assign(
        _delivery="d", _file="f", _row=range(len(made))
    )


def broken_rule(change):
    return sort_rows(rows(change), CONTRACT, "payment", set()).broken[RULE].tolist()


def test_a_good_row_gets_the_types_of_the_contract():
    clean = sort_rows(rows({}), CONTRACT, "payment", set()).clean
    assert clean.loc[0, ["amount", "items", "abroad"]].tolist() == [12.5, 2, False]
    assert clean["at"].dtype.kind == "M"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"amount": "twelve"}, "type:amount"),
        ({"amount": "inf"}, "type:amount"),
        ({"items": "1.5"}, "type:items"),
        ({"abroad": "perhaps"}, "type:abroad"),
        ({"at": "yesterday"}, "type:at"),
        ({"items": None}, "null:items"),
        ({"payment": None}, "null:payment"),
        ({"amount": "-1"}, "value:amount:greater_than(0)"),
        ({"channel": "pigeon"}, "value:channel:isin(['chip', 'web'])"),
    ],
)
def test_a_bad_row_is_filed_under_the_rule_it_broke(change, rule):
    assert broken_rule(change) == [rule]


@pytest.mark.parametrize("column", ["amount", "channel"])
def test_a_missing_value_stays_missing_where_the_contract_allows_it(column):
    clean = sort_rows(rows({column: None}), CONTRACT, "payment", set()).clean
    assert clean[column].isna().all()


def test_a_row_that_breaks_several_rules_is_filed_once_under_the_first():
    assert broken_rule({"amount": "x", "items": None, "channel": "pigeon"}) == ["type:amount"]


def test_a_repeated_key_keeps_its_first_row():
    parts = sort_rows(rows({"payment": "p"}, {"payment": "p"}), CONTRACT, "payment", set())
    assert parts.clean["_row"].tolist() == [0]
    assert parts.broken[RULE].tolist() == ["duplicate:payment"]


def test_a_key_that_the_table_holds_already_is_a_duplicate():
    parts = sort_rows(rows({"payment": "p"}), CONTRACT, "payment", {"p"})
    assert parts.broken[RULE].tolist() == ["duplicate:payment"]


def test_a_broken_row_does_not_make_its_good_twin_a_duplicate():
    parts = sort_rows(
        rows({"payment": "p", "amount": "x"}, {"payment": "p"}), CONTRACT, "payment", ()
    )
    assert parts.clean["_row"].tolist() == [1]


def test_quarantine_keeps_the_text_as_it_came():
    broken = sort_rows(rows({"amount": " 1,50 €"}), CONTRACT, "payment", set()).broken
    assert broken.loc[0, "amount"] == " 1,50 €"


def test_no_row_at_all_gives_two_empty_tables():
    parts = sort_rows(rows({}).iloc[:0], CONTRACT, "payment", set())
    assert len(parts.clean) == len(parts.broken) == 0


def test_both_tables_name_the_contract_and_the_lineage():
    lineage = ["_delivery", "_file", "_row"]
    assert clean_schema(CONTRACT).names == [*GOOD, *lineage]
    assert broken_schema(CONTRACT).names == [*GOOD, *lineage, RULE]


TEXT = st.one_of(st.none(), st.text(max_size=8), st.sampled_from(["1", "0", "true", "chip", "p"]))


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(GOOD, TEXT)), max_size=12))
def test_whatever_arrives_every_row_ends_on_exactly_one_side(changes):
    parts = sort_rows(rows(*changes), CONTRACT, "payment", set())
    assert sorted([*parts.clean["_row"], *parts.broken["_row"]]) == list(range(len(changes)))

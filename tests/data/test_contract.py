import pandas as pd
import pandera.pandas as pandera
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_assets.data.contract import RULE, Contract, broken_rows
from platform_assets.data.repeats import Repeats
from platform_assets.errors import ContractUnusable


class Payments(pandera.DataFrameModel):
    payment: str
    at: pd.Timestamp
    amount: float = pandera.Field(gt=0, nullable=True)
    items: int = pandera.Field(ge=0)
    abroad: bool
    channel: str = pandera.Field(isin=["chip", "web"], nullable=True)

    @pandera.dataframe_check
    def chips_pay_at_home(cls, rows: pd.DataFrame) -> pd.Series:  # noqa: N805  a class method
        return ~(rows["abroad"] & (rows["channel"] == "chip"))


SCHEMA = Payments.to_schema()
CONTRACT = Contract.of(SCHEMA, "payment")
GOOD = {
    "payment": "p1",
    "at": "2024-01-01T10:00:00",
    "amount": "12.5",
    "items": "2",
    "abroad": "false",
    "channel": "chip",
}


def rows(*changes):
    made = [{**GOOD, "payment": f"p{number}", **change} for number, change in enumerate(changes)]
    return pl.DataFrame(made, schema=dict.fromkeys(GOOD, pl.String))


def rules(*changes, **options):
    return CONTRACT.judge(rows(*changes), Repeats(), **options).rules.to_list()


def test_a_good_row_gets_the_types_of_the_contract():
    judged = CONTRACT.judge(rows({}))
    assert judged.good.to_list() == [True]
    assert judged.typed.row(0)[2:5] == (12.5, 2, False)
    assert judged.typed["at"].dtype == pl.Datetime("us")


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
        ({"abroad": "true"}, "value:chips_pay_at_home"),
    ],
)
def test_a_bad_row_is_filed_under_the_rule_it_broke(change, rule):
    assert rules({}, change, {}) == [None, rule, None]


@pytest.mark.parametrize("column", ["amount", "channel"])
def test_a_missing_value_stays_missing_where_the_contract_allows_it(column):
    judged = CONTRACT.judge(rows({column: None}))
    assert judged.good.all()
    assert judged.typed[column].to_list() == [None]


def test_a_row_that_breaks_several_rules_is_filed_once_under_the_first():
    assert rules({"amount": "x", "items": None, "channel": "pigeon"}) == ["type:amount"]
    assert rules({"items": None, "channel": "pigeon"}) == ["null:items"]


def test_a_repeated_key_keeps_its_first_row():
    assert rules({"payment": "p"}, {"payment": "p"}) == [None, "duplicate:payment"]


def test_a_key_that_was_seen_before_is_a_duplicate():
    seen = Repeats()
    assert CONTRACT.judge(rows({}), seen).rules.to_list() == [None]
    assert CONTRACT.judge(rows({}), seen).rules.to_list() == ["duplicate:payment"]


def test_a_broken_row_does_not_make_its_good_twin_a_duplicate():
    assert rules({"payment": "p", "amount": "x"}, {"payment": "p"}) == ["type:amount", None]


def test_keys_may_repeat_where_nobody_asks():
    assert CONTRACT.judge(rows({"payment": "p"}, {"payment": "p"})).good.all()


def test_a_value_with_undecodable_bytes_is_filed_by_its_column():
    found = rules({"channel": "ch\U0010f7ffp"}, {}, marked=True)
    assert found == ["encoding:channel", None]


def test_quarantine_keeps_the_text_as_it_came_with_undecodable_bytes_written_out():
    text = rows({"amount": " 1,50 €"}, {}, {"payment": "p\U0010f7e9"})
    judged = CONTRACT.judge(text, marked=True)
    broken = broken_rows(text, judged.rules, [pl.Series("_row", [0, 1, 2])])
    assert broken["amount"].to_list() == [" 1,50 €", "12.5"]
    assert broken["payment"].to_list() == ["p0", "p\\xe9"]
    assert broken.select(RULE, "_row").rows() == [("type:amount", 0), ("encoding:payment", 2)]


def test_no_row_at_all_breaks_nothing():
    judged = CONTRACT.judge(rows(), Repeats())
    assert judged.typed.columns == list(GOOD)
    assert judged.rules.is_empty()


def test_both_tables_name_the_contract_and_the_lineage():
    assert CONTRACT.clean_schema().names == [*GOOD, "_delivery", "_row"]
    broken = {"_file", "_rule", "_detail", "_original", "_delivery", "_row"}
    assert set(CONTRACT.broken_schema().names) == {*GOOD, *broken}


def contract(column, **options):
    return Contract.of(pandera.DataFrameSchema({"x": column}), **options)


def test_a_column_says_how_it_is_written():
    said = {"decimal": ",", "personal": True}
    (column,) = contract(pandera.Column(float, metadata=said)).columns
    assert (column.comma, column.personal) == (True, True)
    when = contract(pandera.Column(pd.Timestamp, metadata={"format": "%d.%m.%Y"}))
    judged = when.judge(pl.DataFrame({"x": ["05.01.2024", "2024-01-05"]}))
    assert judged.rules.to_list() == [None, "type:x"]


def test_text_is_trimmed_where_the_specification_says_so():
    some = pl.DataFrame({"x": [" a", "a ", "b"]})
    column = pandera.Column(str, pandera.Check.isin(["a"]))
    assert contract(column, trim=True).judge(some).good.to_list() == [True, True, False]
    assert not contract(column).judge(some).good.any()


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pandera.Column(str, metadata={"fromat": "%d"}), r"'x': got metadata \['fromat'\]"),
        (pandera.Column(str, unique=True), "'x': got unique=True, expected `id` in defs.yaml"),
        (pandera.Column(str, regex=True), "'x': got regex=True"),
        (pandera.Column(str, required=False), "'x': got required=False"),
        (pandera.Column(str, parsers=pandera.Parser(str)), "'x': got parsers, expected `nulls`"),
        (pandera.Column(str, default="a"), "'x': got default, expected `nulls`"),
        (
            pandera.Column(str, pandera.Check.isin(["a"], raise_warning=True)),
            "'x': got raise_warning=True in isin.*, expected a check that rows must keep",
        ),
        (
            pandera.Column(float, pandera.Check(lambda some: some, groupby="x", name="even")),
            r"'x': got groupby=\['x'\] in even, expected a check of each row by itself",
        ),
    ],
)
def test_what_cannot_be_judged_row_by_row_is_refused(column, message):
    with pytest.raises(ContractUnusable, match=message):
        contract(column)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"parsers": pandera.Parser(lambda frame: frame)}, "'dataframe': got parsers"),
        (
            {"checks": pandera.Check(lambda frame: frame["x"] > "", raise_warning=True)},
            "'dataframe': got raise_warning=True",
        ),
    ],
)
def test_what_is_asked_of_whole_rows_is_heard_or_refused(asked, message):
    schema = pandera.DataFrameSchema({"x": pandera.Column(str)}, **asked)
    with pytest.raises(ContractUnusable, match=message):
        Contract.of(schema)


@pytest.mark.parametrize("asked", [{"c", "a", "b"}, frozenset({"c", "a", "b"})])
@pytest.mark.parametrize("check", [pandera.Check.isin, pandera.Check.notin])
def test_a_set_of_values_gives_a_rule_the_same_name_in_every_process(check, asked):
    """Each process has a set in another order, so a rule had another name in each run."""
    told = contract(pandera.Column(str, check(asked))).judge(pl.DataFrame({"x": ["a", "d"]}))
    (rule,) = told.rules.drop_nulls()
    assert rule == f"value:x:{check.__name__}(['a', 'b', 'c'])"


def test_columns_that_are_unique_together_are_refused():
    schema = pandera.DataFrameSchema({"x": pandera.Column(str)}, unique=["x"])
    with pytest.raises(ContractUnusable, match=r"'unique': got \['x'\], expected `id`"):
        Contract.of(schema)


@pytest.mark.parametrize("kind", [float, int, bool, str, "datetime64[ns]"])
def test_a_check_that_answers_for_the_whole_column_is_refused_before_any_row_came(kind):
    column = pandera.Column(kind, pandera.Check(lambda values: values.max() > 0, name="most"))
    if kind in (str, "datetime64[ns]"):
        column = pandera.Column(kind, pandera.Check(lambda values: values.is_unique, name="most"))
    with pytest.raises(ContractUnusable, match="the check most, expected an answer for each row"):
        contract(column)


def test_a_check_that_answers_for_all_rows_together_is_refused_before_any_came():
    check = pandera.Check(lambda frame: len(frame) > 2, name="some")
    schema = pandera.DataFrameSchema({"x": pandera.Column(str)}, checks=check)
    with pytest.raises(ContractUnusable, match="'dataframe': got the check some"):
        Contract.of(schema)


def test_a_check_that_fails_on_made_up_values_is_taken_and_refused_when_it_speaks():
    column = pandera.Column(str, pandera.Check(lambda texts: int(texts[0]) > 8, name="first"))
    upset = pandera.Column(str, pandera.Check(lambda texts: texts.map({"x": True}[texts[0]])))
    assert contract(upset).names == ["x"]
    with pytest.raises(ContractUnusable, match="the check first, expected an answer"):
        contract(column).judge(pl.DataFrame({"x": ["9"]}))


@pytest.mark.parametrize("kind", ["timedelta64[ns]", "complex128"])
def test_a_type_that_no_text_is_cast_to_is_refused(kind):
    with pytest.raises(
        ContractUnusable, match=f"'x': got the type .*{kind[:7]}.*, expected a type"
    ):
        contract(pandera.Column(kind))


TEXT = st.one_of(st.none(), st.text(max_size=8), st.sampled_from(["1", "0", "true", "chip", "p"]))


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(GOOD, TEXT)), max_size=12))
def test_whatever_arrives_each_row_has_one_verdict_and_good_ones_have_values(changes):
    judged = CONTRACT.judge(rows(*changes), Repeats())
    good = judged.typed.filter(judged.good)
    assert judged.rules.len() == judged.typed.height == len(changes)
    assert good["payment"].is_unique().all()
    assert not good.select("payment", "at", "items", "abroad").null_count().sum_horizontal().sum()


def test_a_row_without_a_key_is_filed_as_null_whatever_the_contract_allows():
    """It was clean the first time and a duplicate the second; alone in a batch it raised."""
    column = pandera.Column(str, nullable=True)
    contract = Contract.of(pandera.DataFrameSchema({"payment": column}), "payment")
    repeated = Repeats()
    for keys in (["a", None, None], [None]):
        text = pl.DataFrame({"payment": keys}, schema={"payment": pl.String})
        expected = [None if key else "null:payment" for key in keys]
        assert contract.judge(text, repeated).rules.to_list() == expected

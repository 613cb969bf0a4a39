import pandas as pd
import pandera.pandas as pa
import pytest
from pandera.typing import Series

from platform_assets.ml.signature import signature_of
from serving.errors import InvalidInput


class Contract(pa.DataFrameModel):
    when: Series[pd.Timestamp]
    amount: Series[float] = pa.Field(nullable=True)
    hour: Series[int]
    night: Series[bool]
    country: Series[str] = pa.Field(isin=["de", "fr"])
    note: Series[str] = pa.Field(nullable=True, str_length={"max_value": 9})


CONTRACT = Contract.to_schema()
FEATURES = ["country", "amount", "hour", "night", "note"]


def found(task="binary", **changed):
    return signature_of("toy", task, CONTRACT, FEATURES, **({"classes": ("no", "yes")} | changed))


def test_columns_keep_the_order_of_the_features_and_the_types_of_the_contract():
    kinds = [(column.name, column.type) for column in found().columns]
    assert kinds == [
        ("country", "string"),
        ("amount", "float"),
        ("hour", "integer"),
        ("night", "boolean"),
        ("note", "string"),
    ]


def test_what_may_be_missing_in_the_data_may_be_missing_in_a_request():
    assert [column.name for column in found().columns if column.nullable] == ["amount", "note"]


def test_the_values_a_contract_allows_are_the_values_a_request_may_have():
    signature = found()
    assert signature.by_name["country"].categories == ("de", "fr")
    assert signature.by_name["note"].categories is None
    row = {"country": ["xx"], "amount": [1.0], "hour": [1], "night": [True], "note": [None]}
    with pytest.raises(InvalidInput, match="'xx', expected one of 'de', 'fr'"):
        signature.arrays(row)


def test_a_date_that_counts_as_days_may_be_sent_as_a_date():
    dated = pa.DataFrameSchema({"day": pa.Column(float, metadata={"notation": "date"})})
    (column,) = signature_of("toy", "regression", dated, ["day"]).columns
    assert (column.type, column.dates) == ("float", True)


@pytest.mark.parametrize(
    ("column", "allowed"),
    [
        (pa.Column(str, pa.Check.eq("de")), ("de",)),
        (
            pa.Column(str, [pa.Check.isin(["de", "fr", "jp"]), pa.Check.isin(["jp", "de"])]),
            ("de", "jp"),
        ),
        (pa.Column(pd.CategoricalDtype(["fr", "de"]), nullable=True), ("fr", "de")),
        (pa.Column(str, pa.Check.str_length(max_value=9)), None),
    ],
)
def test_what_a_check_or_the_type_lists_is_what_a_request_may_hold(column, allowed):
    contract = pa.DataFrameSchema({"country": column})
    (told,) = signature_of("toy", "regression", contract, ["country"]).columns
    assert (told.type, told.categories, told.nullable) == ("string", allowed, column.nullable)


def test_classes_and_threshold_are_carried_over():
    signature = found(threshold=0.25)
    assert (signature.classes, signature.threshold) == (("no", "yes"), 0.25)
    assert found("regression", classes=()).classes == ()

import copy

import pytest
from pydantic import ValidationError

from platform_assets.spec import Beat, Fairness, Floor, ModelSpec, evaluation_checks, gate_name

SPEC = {
    "description": "A model.",
    "owners": ["team:risk"],
    "task": "binary",
    "source": {"pattern": "*.csv", "format": "csv"},
    "target": "fraud",
    "id": "payment",
    "time": "at",
    "features": ["amount", "items"],
    "split": {"kind": "time"},
    "metric": "average_precision",
    "gates": [{"metric": "average_precision", "reach": 0.3}],
}


def spec(**changes):
    return ModelSpec.model_validate(copy.deepcopy(SPEC) | changes)


def test_the_defaults_are_enough_for_a_model():
    assert spec().serving.latency.error_rate == 0.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"speed": 1}, "speed"),
        ({"split": {"kind": "time", "houldout": 0.2}}, "houldout"),
        ({"metric": "accurracy"}, "no metric 'accurracy' for task 'binary'; allowed: average_"),
        ({"gates": [{"metric": "mae", "reach": 1}]}, r"gates\[0\].metric: no metric 'mae'"),
        ({"gates": []}, "at least 1 item"),
        ({"features": ["amount", "fraud"]}, "'fraud' is the target column and would leak"),
        ({"features": ["amount", "at"]}, "'at' is the time column"),
        ({"features": ["amount", "amount"]}, "got twice: amount"),
        ({"time": None}, "'time' needs the key `time`"),
        ({"gates": [{"metric": "roc_auc", "beat": "luck"}]}, "champion"),
        ({"owners": []}, "at least 1 item"),
        ({"checks": {"trusted": ["colour"]}}, "no feature 'colour'; allowed: amount, items"),
        ({"checks": {"warn_leak": 0.995}}, "warn_leak: 0.995 is above max_leak"),
        ({"checks": {"min_class_rows": 0}}, "greater than or equal to 1"),
        ({"training": {"threshold": {"rule": "cost", "false_positive": 1}}}, "needs false_neg"),
        ({"training": {"threshold": {"rule": "f1", "value": 0.3}}}, "needs nothing beside it"),
        ({"training": {"class_weight": {"1": 0}}}, "expected a number above 0 for each class"),
        ({"serving": {"canary": {"steps": [50, 5]}}}, "expected percentages that rise"),
        ({"serving": {"canary": {"steps": [0]}}}, "greater than 0"),
        ({"serving": {"canary": {"timeout": 5}}}, "expected at least canary.interval, 60"),
        ({"split": {"kind": "group"}}, "kind 'group' and group None"),
        ({"split": {"kind": "random", "group": "who"}}, "kind 'random' and group 'who'"),
        ({"split": {"kind": "group", "group": "fraud"}}, "'fraud' is the target"),
        ({"split": {"kind": "time", "strata": "who"}}, "split.strata: 'who' stands with"),
    ],
)
def test_a_contradiction_is_refused_by_key_value_and_allowed_values(changes, message):
    with pytest.raises(ValidationError, match=message):
        spec(**changes)


REGRESSION = {
    "task": "regression",
    "metric": "mae",
    "gates": [{"metric": "mae", "beat": "dummy"}],
}


def test_what_is_for_classes_is_refused_elsewhere():
    with pytest.raises(ValidationError, match="its keys are for classes"):
        spec(**REGRESSION, training={"calibration": "sigmoid"})
    classes = {"metric": "accuracy", "gates": [{"metric": "accuracy", "beat": "dummy"}]}
    fixed = {"threshold": {"rule": "fixed", "value": 0.3}}
    with pytest.raises(ValidationError, match="is for the task 'binary', got 'multiclass'"):
        spec(task="multiclass", **classes, training=fixed)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"low": 5, "high": 1}, "low 5 is not below high 1"),
        ({"low": 0, "high": 1, "log": True}, "`log` needs low above 0, got 0"),
        ({"low": 0}, "high"),
    ],
)
def test_a_range_from_which_nothing_can_be_drawn_is_refused(values, message):
    with pytest.raises(ValidationError, match=message):
        spec(search={"space": {"ridge__alpha": values}})


SQL = {"kind": "sql", "connection": "SHOP", "table": "orders", "cursor": "at"}


def test_a_source_is_files_unless_it_says_otherwise():
    assert spec().source.kind == "files"
    assert spec(source=SQL).source.kind == "sql"


def test_rows_of_a_table_are_read_as_they_are_and_null_alone_is_nothing():
    reading = spec(source=SQL | {"trim": True}).source.reading
    assert (reading.format, reading.nulls, reading.trim) == ("parquet", [], True)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"kind": "mail"}, "'mail' .* expected tags: 'files', 'sql'"),
        (SQL | {"query": "select 1"}, "expected either `table` or `query`, got table 'orders'"),
        (SQL | {"table": ""}, "expected either `table` or `query`, got table ''"),
        (SQL | {"connection": "sqlite:///shop.db"}, "source.sql.connection"),
        (SQL | {"pattern": "*.csv"}, "source.sql.pattern"),
        (SQL | {"lag": -1}, "source.sql.lag"),
        ({"pattern": "*.csv", "format": "csv", "cursor": "at"}, "source.files.cursor"),
        ("orders", "source"),
    ],
)
def test_keys_of_another_kind_of_source_are_refused(source, message):
    with pytest.raises(ValidationError, match=message):
        spec(source=source)


def test_the_same_gate_twice_is_refused():
    twice = [{"metric": "roc_auc", "reach": 0.5}, {"metric": "roc_auc", "reach": 0.6}]
    with pytest.raises(ValidationError, match="each may stand once"):
        spec(gates=twice)


def test_a_gate_is_named_for_what_it_asks():
    assert gate_name(Floor(metric="r2", reach=0.3)) == "r2_reaches"
    assert gate_name(Beat(metric="mae", beat="dummy")) == "mae_beats_dummy"


@pytest.mark.parametrize("encoding", ["base64", "rot13", "klingon", "utf-9"])
def test_an_encoding_that_makes_no_text_of_bytes_is_refused(encoding):
    with pytest.raises(ValidationError, match=f"no encoding '{encoding}' of text"):
        spec(source={"pattern": "*", "format": "csv", "encoding": encoding})


def test_an_encoding_is_known_by_each_of_its_names():
    source = {"pattern": "*", "format": "csv", "encoding": "Latin1"}
    assert spec(source=source).source.encoding == "iso8859-1"


def test_one_fairness_column_may_stand_without_brackets():
    assert Fairness(group="sex", max_difference=0.1).group == ["sex"]


def test_groups_without_a_bound_are_refused():
    with pytest.raises(ValueError, match=r"fairness\.max_difference: with `group` a person must"):
        Fairness(group="sex")


def test_the_checks_of_a_report_are_its_gates_its_slices_and_its_groups_if_any_are_named():
    plain = spec()
    names = [*map(gate_name, plain.gates), "slices_hold"]
    assert evaluation_checks(plain) == names
    told = spec(fairness={"group": "country", "max_difference": 0.1})
    assert evaluation_checks(told) == [*names, "groups_treated_alike"]


def test_an_alert_that_could_never_be_raised_is_refused():
    with pytest.raises(ValueError, match=r"monitoring.beyond: got 4, expected at most .* 3"):
        ModelSpec.model_validate(SPEC | {"monitoring": {"beyond": 4}})

"""The checks of the training set, on rows as the table holds them."""

from datetime import UTC, datetime

import dagster as dg
import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest

from platform_assets.defs.diabetes.source import patients
from platform_assets.defs.fraud.simulator import simulate
from platform_assets.folder import ModelFolder
from platform_assets.model.rows import PART
from platform_assets.model.training_set import divided
from platform_assets.model.trust import check_names, check_results, columns
from tests.defs.path import folder
from tests.support.tiny import Contract, orders, tiny

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LINEAGE = {"_delivery": 1, "_row": 0}


def split(model, frame):
    table = divided(model, frame.assign(**LINEAGE)).to_pandas()
    return table[[PART, *columns(model.spec)]]


def judged(model, frame):
    """The results of all checks by name."""
    results = check_results(model, split(model, frame), NOW)
    return {result.check_name: result for result in results}


def failed(results):
    return [name for name, result in results.items() if not result.passed]


def test_ordinary_rows_pass_every_check():
    results = judged(tiny(), orders(600, seed=1))
    assert list(results) == check_names(tiny().spec)
    assert failed(results) == []


@pytest.mark.parametrize(
    ("name", "rows"), [("diabetes", patients), ("fraud", lambda: simulate(days=30))]
)
def test_the_models_that_are_shipped_pass_every_check(name, rows):
    assert failed(judged(folder(name), rows())) == []


def test_time_is_judged_where_a_model_has_one():
    assert "time_in_order" in check_names(folder("fraud").spec)
    assert "time_in_order" not in check_names(folder("diabetes").spec)


GROUPED = {"split": {"kind": "group", "group": "order"}}


def test_groups_are_judged_where_a_model_names_them():
    results = judged(tiny(**GROUPED), orders(600, seed=1))
    assert results["no_group_in_both_parts"].passed
    assert "no_group_in_both_parts" not in check_names(tiny().spec)


def test_a_group_that_came_into_both_parts_blocks():
    model = tiny(**GROUPED)
    table = split(model, orders(600, seed=1))
    table.loc[table[PART] == "holdout", "order"] = table.loc[table[PART] == "train", "order"].iat[0]
    names = {one.check_name: one for one in check_results(model, table, NOW)}
    assert names["no_group_in_both_parts"].severity is dg.AssetCheckSeverity.ERROR


def test_a_leak_blocks_and_is_drawn():
    frame = orders(600, seed=1)
    result = judged(tiny(), frame.assign(amount=frame["returned"] * 50.0))["no_feature_leaks"]
    assert not result.passed
    assert result.severity is dg.AssetCheckSeverity.ERROR
    assert result.metadata["alone"].value.startswith("![What each feature tells alone](data:image")


def test_a_suspicion_is_a_warning_that_stops_nothing():
    result = judged(tiny(checks={"warn_leak": 0.2}), orders(600, seed=1))["no_feature_leaks"]
    assert not result.passed
    assert result.severity is dg.AssetCheckSeverity.WARN


def test_orders_delivered_again_under_other_names_stay_on_one_side():
    twice = pd.concat([orders(600, seed=1), orders(600, seed=1, first=600)])
    assert failed(judged(tiny(), twice)) == []


def moved(frame, rows):
    """A training set in which rows of the holdout were copied into the train part."""
    table = split(tiny(), frame)
    copies = table[table[PART] == "holdout"][:rows].assign(**{PART: "train"})
    return pd.concat([table, copies.assign(order=[f"c{number}" for number in range(rows)])])


def test_copies_that_came_into_both_parts_block():
    (result,) = [
        one
        for one in check_results(tiny(), moved(orders(600, seed=1), 30), NOW)
        if one.check_name == "no_row_in_both_parts"
    ]
    assert result.severity is dg.AssetCheckSeverity.ERROR
    assert "holdout rows" in result.description
    assert "order=o" in result.description


class Private(Contract):
    order: str = pa.Field(metadata={"personal": True})


def test_personal_values_are_not_shown_as_an_example():
    spec, build = tiny().spec, tiny().build
    private = ModelFolder("tiny", tiny().path, spec, Private.to_schema(), build)
    results = check_results(private, moved(orders(600, seed=1), 30), NOW)
    text = " ".join(str(result.description) for result in results)
    assert "amount=" in text
    assert "order=" not in text


def test_classes_too_rare_to_be_judged_block():
    frame = orders(600, seed=1)
    frame["returned"] = (np.arange(600) < 18).astype(int)
    result = judged(tiny(), frame)["labels_balanced"]
    assert result.severity is dg.AssetCheckSeverity.ERROR
    assert "1 (14 and 4)" in result.description


def test_a_table_without_rows_fails_every_check_but_the_leaks():
    rows = split(tiny(), orders(10, seed=1))[:0]
    results = {result.check_name: result for result in check_results(tiny(), rows, NOW)}
    assert failed(results) == ["parts_are_fit", "no_row_in_both_parts", "labels_balanced"]

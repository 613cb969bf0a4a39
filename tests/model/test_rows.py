"""Rows come from the part and the version that were asked for, their targets encoded."""

import numpy as np
import pandas as pd
import pytest

from platform_assets.model.rows import PART, classes, encode_target, load_rows
from tests.model.test_training_set import REGRESSION
from tests.support.tiny import orders


def test_the_two_parts_share_no_row_and_leave_none_out(workshop):
    version = workshop.divide(orders(200, seed=1))
    train, holdout = (
        set(load_rows(workshop.lake, workshop.folder, version, part).frame["order"])
        for part in ("train", "holdout")
    )
    assert train.isdisjoint(holdout)
    assert len(train | holdout) == 200


def test_features_are_those_of_the_specification_in_its_order(workshop):
    version = workshop.divide(orders(50, seed=1))
    rows = load_rows(workshop.lake, workshop.folder, version, "train")
    assert list(rows.features.columns) == ["amount", "channel"]
    assert "order" in rows.frame.columns
    assert PART not in rows.frame.columns
    assert len(rows.features) == len(rows.target) == len(rows.frame)


def test_an_older_version_gives_the_rows_it_had(workshop):
    first = workshop.divide(orders(50, seed=1))
    table = workshop.lake.read("tiny/training_set")
    workshop.lake.overwrite("tiny/training_set", table.slice(0, 10), "another mark")
    assert len(load_rows(workshop.lake, workshop.folder, first, "train").target) == 40


def test_classes_are_those_that_can_be_learned_in_order(workshop):
    rows = {PART: ["train"] * 3 + ["holdout"], "returned": ["b", "a", "b", "c"]}
    version = workshop.lake.overwrite("tiny/training_set", pd.DataFrame(rows), "a mark")
    assert classes(workshop.lake, workshop.folder, version) == ("a", "b")


def test_a_regression_has_no_classes_and_keeps_its_numbers(workshop):
    measured = workshop.of(**REGRESSION)
    version = measured.divide(orders(50, seed=1))
    rows = load_rows(measured.lake, measured.folder, version, "train")
    assert classes(measured.lake, measured.folder, version) == ()
    assert rows.target.dtype == np.float64
    assert rows.target.tolist() == rows.frame["amount"].tolist()


def test_a_target_is_encoded_by_its_place_among_the_classes():
    encoded = encode_target(pd.Series([30, 10, 30]), ["10", "30"])
    assert encoded.tolist() == [1, 0, 1]


def test_a_class_that_nobody_learned_has_no_place():
    with pytest.raises(KeyError, match="20"):
        encode_target(pd.Series([10, 20]), ["10"])

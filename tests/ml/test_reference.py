import json

import numpy as np
import pandas as pd
import pytest

from platform_assets.ml.reference import BINS, MOST_CATEGORIES, reference, shares

DRAW = np.random.default_rng(0)


def described(**columns):
    frame = pd.DataFrame(columns)
    return reference(frame, np.linspace(0, 1, len(frame)))["features"]


def test_bins_of_a_number_hold_equal_shares():
    entry = described(amount=DRAW.normal(size=10_000))["amount"]
    assert len(entry["edges"]) == BINS - 1
    assert entry["shares"] == pytest.approx([1 / BINS] * BINS, abs=1e-3)


def test_missing_values_are_counted_apart_and_shares_are_of_the_rest():
    amount = np.where(np.arange(100) < 25, np.nan, np.arange(100.0))
    entry = described(amount=amount)["amount"]
    assert entry["missing"] == 0.25
    assert sum(entry["shares"]) == pytest.approx(1)
    assert entry["mean"] == pytest.approx(62)


def test_a_number_of_few_values_has_a_bin_for_each():
    entry = described(night=[True] * 30 + [False] * 70)["night"]
    assert [share for share in entry["shares"] if share] == pytest.approx([0.7, 0.3])


def test_text_is_counted_by_value_and_the_rare_together():
    words = [f"w{i}" for i in range(MOST_CATEGORIES + 10)] + ["common"] * 40
    entry = described(word=np.array(words, dtype=object))["word"]
    assert next(iter(entry["shares"])) == "common"
    assert entry["shares"]["(other)"] == pytest.approx(11 / 100)
    assert sum(entry["shares"].values()) == pytest.approx(1)


def test_a_column_without_any_value_is_described_all_the_same():
    entry = described(amount=np.full(5, np.nan), word=np.array([None] * 5, dtype=object))
    assert (entry["amount"]["missing"], entry["word"]["missing"]) == (1, 1)
    assert entry["amount"]["mean"] is None


def test_a_reference_is_json_and_names_its_rows():
    frame = pd.DataFrame({"a": [1.0, None], "b": ["x", None]})
    found = reference(frame, np.array([0.1, 0.2]))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["rows"] == 2


def test_the_score_of_several_classes_is_counted_by_the_likeliest():
    found = reference(pd.DataFrame({"a": [1.0, 2.0]}), np.array([[0.9, 0.1], [0.8, 0.2]]))
    assert found["score"]["shares"] == {"0": 1.0, "(other)": 0.0}


def test_shares_of_the_same_rows_are_those_of_the_reference():
    frame = pd.DataFrame({"a": DRAW.exponential(size=500), "b": DRAW.choice(["x", "y"], 500)})
    frame.loc[::7, "a"] = np.nan
    entries = reference(frame, np.zeros(500))["features"]
    assert shares(frame["a"], entries["a"]).tolist() == entries["a"]["shares"]
    assert shares(frame["b"], entries["b"]).tolist() == list(entries["b"]["shares"].values())


def test_shares_of_other_rows_show_where_they_went():
    entries = described(a=np.arange(100.0), b=np.array(["x", "y"] * 50, dtype=object))
    assert shares(pd.Series([1e9, 1e9, np.nan]), entries["a"])[-1] == 1
    assert shares(pd.Series(["z", "x"]), entries["b"]).tolist() == [0.5, 0.0, 0.5]
    assert shares(pd.Series([np.nan]), entries["a"]).sum() == 0

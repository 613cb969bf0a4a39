"""The holdout at the command line: since when it stands, and renewed on purpose."""

import json

import pyarrow as pa
import pytest

from platform_assets.cli.folders import open_model
from platform_assets.data.contract import DELIVERY, ROW
from platform_assets.defs.diabetes.source import patients
from platform_assets.model.frozen import settle
from resources.lake import Lake
from resources.settings import load_settings


@pytest.fixture
def lake(home):
    """A training set of all patients."""
    made = Lake(load_settings().lake)
    rows = patients().assign(**{DELIVERY: 1, ROW: 0})
    cleaned = made.overwrite("diabetes/cleaned", pa.Table.from_pandas(rows), "rows")
    settle(made, open_model("diabetes"), cleaned, None)
    return made


def test_it_is_shown_since_when_a_holdout_stands_and_why(lake, slipway):
    told = json.loads(slipway("holdout", "show", "diabetes", "--json").out)
    assert (told["train_rows"], told["holdout_rows"], told["waiting_rows"]) == (332, 110, 0)
    assert told["stands_since_version"] == 0
    assert told["renews_at_waiting_rows"] == 11


def test_a_holdout_is_renewed_with_a_reason_on_record(lake, slipway):
    told = slipway("holdout", "renew", "diabetes", "--reason", "a new clinic")
    assert told.code == 0
    assert "a new clinic" in told.out
    assert "slipway run diabetes" in told.out
    assert lake.version("diabetes/training_set") == 1
    assert "a new clinic" in slipway("holdout", "show", "diabetes").out


def test_a_reason_is_asked_for(lake, slipway):
    assert slipway("holdout", "renew", "diabetes").code == 2


def test_without_a_training_set_that_is_said(home, slipway):
    told = slipway("holdout", "renew", "diabetes", "--reason", "none")
    assert told.code == 1
    assert "materialize the asset that writes it first" in told.err

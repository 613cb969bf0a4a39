"""A person asks to be forgotten, at the command line."""

import io
import json

import pytest

from platform_assets.cli.folders import cleaner, open_model
from platform_assets.data.intake import take_in
from platform_assets.data.sources.choose import source_of
from platform_assets.defs.diabetes.source import deliver
from platform_assets.model.seen import CLEANED, TRAINING_SET
from platform_assets.wiring import build_registry
from resources.lake import Lake
from resources.settings import load_settings
from tests.support.yard import rest

pytestmark = pytest.mark.slow


@pytest.fixture
def lake(home):
    """Every patient, and a registered model that was trained on all of them."""
    settings = load_settings()
    rest(deliver(settings.landing / "diabetes"))
    made = Lake(settings.lake)
    take_in(made, "diabetes", source_of(open_model("diabetes"), settings), 9, lambda _: None)
    cleaner(made, "diabetes").run()
    made.overwrite("diabetes/training_set", made.read("diabetes/cleaned"), "f1")
    tags = {TRAINING_SET: "0", CLEANED: "0"}
    build_registry(settings).register("diabetes", "", "sha256:abc", "bundles", tags)
    return made


def patients(lake, table: str) -> list[str]:
    return lake.read(f"diabetes/{table}").column("patient_id").to_pylist()


def test_the_rows_leave_all_tables_and_the_models_that_saw_them_are_named(lake, slipway):
    told = slipway("forget", "diabetes", "--id", "P007", "--id", "P008", "--yes")
    assert told.code == 0
    assert "2 rows in 1 deliveries" in told.out
    assert "model version 1 (sha256:abc) saw 2 of the rows" in told.out
    assert "taken out: 0 rows of the prediction log" in told.out
    for table in ("cleaned", "training_set"):
        assert {"P007", "P008"} & set(patients(lake, table)) == set()


def test_without_a_yes_nothing_is_taken_out(lake, slipway, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    told = slipway("forget", "diabetes", "--id", "P007")
    assert told.code == 1
    assert "P007" in patients(lake, "cleaned")


def test_asked_again_it_says_that_what_a_model_saw_can_no_longer_be_told(lake, slipway):
    slipway("forget", "diabetes", "--id", "P007", "--yes")
    told = slipway("forget", "diabetes", "--id", "P007", "--column", "patient_id", "--yes")
    assert told.code == 0
    assert "0 rows in 0 deliveries" in told.out
    assert "rows that can no longer be told" in told.out


def test_a_column_that_says_nothing_of_persons_is_refused(home, slipway):
    told = slipway("forget", "diabetes", "--id", "50", "--column", "age", "--yes")
    assert told.code == 1
    assert "tags personal: patient_id" in told.err


def broken(lake, content: bytes) -> None:
    """Take in a file that cannot be taken apart."""
    settings = load_settings()
    half = settings.landing / "diabetes" / "half.parquet"
    half.write_bytes(content)
    rest(half)
    take_in(lake, "diabetes", source_of(open_model("diabetes"), settings), 9, lambda _: None)


def test_a_file_that_cannot_be_searched_is_named_and_fails_the_command(lake, slipway):
    broken(lake, b"PAR1\0\0 and no end")
    told = slipway("forget", "diabetes", "--id", "P007", "--yes", "--json")
    assert told.code == 1
    assert "cannot be searched for it: half.parquet; mend `source`" in told.err
    document = json.loads(told.out)
    assert (document["not_searchable"], document["still_holding"]) == (["half.parquet"], [])
    assert [one["rows"] for one in document["taken_out"]] == [1]
    assert document["seen_by"][0]["digest"] == "sha256:abc"


def test_as_json_nothing_is_taken_out_without_a_yes(lake, slipway):
    told = slipway("forget", "diabetes", "--id", "P007", "--json")
    assert (told.code, told.out) == (2, "")
    assert "P007" in patients(lake, "cleaned")


def test_a_file_that_cannot_be_taken_apart_and_holds_the_id_fails_the_command(lake, slipway):
    broken(lake, b"PAR1 P007 and no end")
    told = slipway("forget", "diabetes", "--id", "P007", "--yes")
    assert told.code == 1
    assert "still hold the id: half.parquet" in told.err
    assert "P007" not in patients(lake, "cleaned")

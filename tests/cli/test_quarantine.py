"""Rows in quarantine at the command line: shown, mended and judged anew, with nothing running."""

import io
import json

import pytest

from platform_assets.cli.folders import cleaner, open_model
from platform_assets.cli.quarantine import asked
from platform_assets.data.intake import take_in
from platform_assets.data.quarantine import Place
from platform_assets.data.sources.choose import source_of
from platform_assets.defs.diabetes.source import FILE, patients
from resources.lake import Lake
from resources.settings import load_settings
from tests.support.yard import rest

RULE = "value:bmi:less_than_or_equal_to(80)"


@pytest.fixture
def lake(home):
    """Patients of whom three have a bmi of nobody."""
    settings = load_settings()
    landing = settings.landing / "diabetes"
    landing.mkdir(parents=True)
    rows = patients()
    rows.loc[:2, "bmi"] = 320.0
    rows.to_parquet(landing / FILE, index=False)
    rest(landing / FILE)
    made = Lake(settings.lake)
    take_in(made, "diabetes", source_of(open_model("diabetes"), settings), 9, lambda _: None)
    cleaner(made, "diabetes").run()
    return made


def test_rules_are_shown_with_counts_and_rows_with_the_value_that_broke_them(lake, slipway):
    told = slipway("quarantine", "show", "diabetes", "--limit", "2")
    assert told.code == 0
    assert RULE in told.out
    assert "2 of 3 rows" in told.out
    assert told.out.count("320") == 2


def test_programs_get_the_same_as_json(lake, slipway):
    told = json.loads(slipway("quarantine", "show", "diabetes", "--rule", "value", "--json").out)
    assert told["rules"] == {RULE: 3}
    assert told["rows"][0] == {
        "delivery": 1, "file": FILE, "row": 0, "rule": RULE, "detail": None, "value": "320",
    }  # fmt: skip


def test_where_nothing_is_in_quarantine_that_is_said(home, slipway):
    told = slipway("quarantine", "show", "diabetes", "--delivery", "7")
    assert (told.code, told.out) == (0, "diabetes: nothing like that is in quarantine\n")


def test_exported_rows_that_were_mended_become_clean(lake, slipway, tmp_path):
    file = tmp_path / "bad.csv"
    told = slipway("quarantine", "show", "diabetes", "--csv", str(file))
    assert f"slipway quarantine replay diabetes --rows {file}" in told.out
    file.write_text(file.read_text().replace("320", "32.0"))
    told = slipway("quarantine", "replay", "diabetes", "--rows", str(file))
    assert (told.code, lake.count("diabetes/cleaned")) == (0, 442)
    assert "3 mended rows taken in" in told.out
    assert "clean rows: 439 before, 442 after" in told.out


def test_a_replay_with_nothing_mended_says_so_and_changes_nothing(lake, slipway):
    before = lake.version("diabetes/cleaned")
    told = slipway("quarantine", "replay", "diabetes")
    assert (told.code, lake.version("diabetes/cleaned")) == (0, before)
    assert "nothing changed" in told.out


def test_a_file_of_other_rows_is_refused_in_one_sentence(lake, slipway, tmp_path):
    file = tmp_path / "other.csv"
    file.write_text("_delivery,_row,colour\n1,0,red\n")
    told = slipway("quarantine", "replay", "diabetes", "--rows", str(file))
    assert told.code == 1
    assert "unknown columns colour" in told.err
    assert told.err.count("\n") == 1


def test_a_replay_before_any_delivery_says_what_is_missing(home, slipway):
    told = slipway("quarantine", "replay", "diabetes")
    assert told.code == 1
    assert "no Delta table" in told.err


def test_an_unknown_model_is_refused_with_those_there_are(home, slipway):
    told = slipway("quarantine", "show", "diabetis")
    assert (told.code, "known: diabetes" in told.err) == (1, True)


def test_a_delivery_is_named_by_number_or_by_file():
    assert asked(None, "12") == Place(delivery=12)
    assert asked("null", "12.csv") == Place(rule="null", file="12.csv")


def test_a_delivery_is_withdrawn_once_that_is_confirmed(lake, slipway, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert slipway("quarantine", "withdraw", "diabetes", FILE).code == 1
    assert lake.count("diabetes/cleaned") == 439
    told = slipway("quarantine", "withdraw", "diabetes", FILE, "--yes")
    assert told.code == 0
    assert "439 clean rows and 3 in quarantine go" in told.out
    assert f"the name '{FILE}' stays taken" in told.out
    assert lake.count("diabetes/cleaned") == lake.count("diabetes/quarantine") == 0
    again = slipway("quarantine", "withdraw", "diabetes", "1", "--yes")
    assert (again.code, "it is withdrawn already" in again.err) == (1, True)

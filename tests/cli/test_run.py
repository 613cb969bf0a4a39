"""Delivering a file, and starting a pipeline."""

import getpass

import pytest

from platform_assets.cli.errors import DeliveryRefused
from platform_assets.cli.run import deliver, landing_folder
from platform_assets.watch.asking import written
from resources.settings import Settings


def test_a_delivered_file_lies_in_the_landing_folder(home, slipway, tmp_path):
    file = tmp_path / "day.csv"
    file.write_text("a\n1\n")
    assert slipway("run", "fraud", str(file), "--detach").code == 0
    landed = home / "landing" / "fraud"
    assert [path.name for path in landed.iterdir()] == ["day.csv"]
    assert (landed / "day.csv").read_text() == "a\n1\n"


def test_what_is_no_file_is_not_delivered(tmp_path):
    with pytest.raises(DeliveryRefused, match="it is no file"):
        deliver(tmp_path, tmp_path / "landing", "*.csv")


def test_a_file_that_the_model_does_not_take_is_refused_with_the_names_it_takes(slipway, tmp_path):
    file = tmp_path / "day.parquet"
    file.write_text("a")
    told = slipway("run", "fraud", str(file))
    assert told.code == 1
    assert "got the name 'day.parquet', expected '*.csv'" in told.err


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    file = tmp_path / "day.csv"
    file.write_text("a\n1\n")
    with pytest.raises(DeliveryRefused, match="Not a directory"):
        deliver(file, file / "landing", "*.csv")


def test_an_unknown_model_is_refused(slipway):
    told = slipway("run", "froud")
    assert told.code == 1
    assert told.err.startswith("slipway: no model 'froud'; known: diabetes, fraud")


def test_without_a_stack_the_command_that_starts_it_is_named(slipway):
    told = slipway("run", "fraud")
    assert told.code == 1
    assert told.err == (
        "slipway: Dagster does not answer at http://127.0.0.1:3179; "
        "start the stack first: slipway up --detach\n"
    )


def test_a_pipeline_that_is_asked_for_says_who_asked(dagster, slipway):
    told = slipway("run", "fraud", "--detach")
    assert told.out == f"started: http://127.0.0.1:{dagster.port}/runs/launched\n"
    (launched,) = dagster.launched
    assert launched["selector"] == {
        "repositoryLocationName": "slipway",
        "repositoryName": "__repository__",
        "jobName": "fraud_pipeline",
    }
    tags = {tag["key"]: tag["value"] for tag in launched["executionMetadata"]["tags"]}
    assert tags["slipway/model"] == "fraud"
    assert tags["slipway/reason"].startswith("asked for by ")


def test_a_pipeline_in_code_that_does_not_load_is_not_started(dagster, slipway):
    dagster.error = "no column 'x'"
    told = slipway("run", "fraud")
    assert (told.code, dagster.launched) == (1, [])
    assert told.err == "slipway: Dagster has no job 'fraud_pipeline'; it has: no column 'x'\n"


def test_a_delivery_replaces_a_file_of_its_name_whole(home, tmp_path):
    landing = home / "landing" / "fraud"
    landing.mkdir(parents=True)
    (landing / "day.csv").write_text("a much longer file than the one that comes\n")
    file = tmp_path / "day.csv"
    file.write_text("a\n1\n")
    assert deliver(file, landing, "*.csv").read_text() == "a\n1\n"
    assert [path.name for path in landing.iterdir()] == ["day.csv"]


@pytest.mark.parametrize(("location", "folder"), [("", "landing/fraud"), ("in/box", "in/box")])
def test_a_file_is_delivered_where_the_source_looks(tmp_path, location, folder):
    settings = Settings(home=tmp_path)
    assert landing_folder(tmp_path, "fraud", {"location": location}, settings) == tmp_path / folder


def test_a_file_for_a_bucket_is_not_copied_to_where_nobody_looks(tmp_path):
    file, section = tmp_path / "day.csv", {"location": "s3://in/box"}
    with pytest.raises(DeliveryRefused, match="fraud takes what lies in s3://in/box; put it there"):
        landing_folder(file, "fraud", section, Settings(home=tmp_path))


def test_a_pattern_that_looks_into_folders_takes_a_file_beside_them_too(tmp_path):
    (tmp_path / "day.csv").touch()
    assert deliver(tmp_path / "day.csv", tmp_path / "landing", "**/*.csv").is_file()


def test_a_file_for_a_model_that_reads_a_database_is_refused(tmp_path):
    section = {"kind": "sql", "connection": "WAREHOUSE", "table": "payments", "cursor": "at"}
    with pytest.raises(DeliveryRefused, match="fraud takes rows of a database, not files"):
        landing_folder(tmp_path / "day.csv", "fraud", section, Settings(home=tmp_path))


def test_a_training_that_is_asked_for_is_left_to_the_governor_with_who_and_why(dagster, slipway):
    told = slipway("retrain", "fraud", "--reason", "a new merchant")
    assert told.code == 0
    (event,) = dagster.observed
    assert event["assetKey"] == {"path": ["fraud", "candidate_model"]}
    assert event["description"] == written(getpass.getuser(), "a new merchant")

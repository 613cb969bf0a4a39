"""`slipway drill` starts a job of Dagster, waits for its end and says what it found."""

import pytest

from tests.support.fake_dagster import run


@pytest.fixture
def drilled(dagster):
    dagster.jobs = ("fraud_rollback_drill", "fraud_restore_drill")
    dagster.runs = [run("launched", "SUCCESS")]
    dagster.checks = [(True, "back in 0.4 s")]
    return dagster


def test_a_drill_says_what_it_found_and_who_asked(drilled, slipway):
    told = slipway("drill", "rollback", "fraud", "--env", "production")
    assert told.code == 0
    assert "rollback drill of fraud: back in 0.4 s" in told.out
    (launched,) = drilled.launched
    tags = {tag["key"]: tag["value"] for tag in launched["executionMetadata"]["tags"]}
    assert launched["selector"]["jobName"] == "fraud_rollback_drill"
    assert tags["slipway/environment"] == "production"
    assert tags["slipway/model"] == "fraud"


def test_a_drill_that_is_no_run_of_the_model_does_not_say_so(drilled, slipway):
    assert slipway("drill", "restore", "fraud").code == 0
    tags = [tag["key"] for tag in drilled.launched[0]["executionMetadata"]["tags"]]
    assert "slipway/model" not in tags


def test_what_would_not_have_worked_fails_the_command(drilled, slipway):
    drilled.checks = [(False, "3 of 90 requests failed")]
    told = slipway("drill", "rollback", "fraud")
    assert told.code == 1
    assert "the rollback drill of fraud found what would not have worked: 3 of 90" in told.err


def test_a_warning_is_told_as_one(drilled, slipway):
    drilled.checks, drilled.severity = [(False, "git lies in the state folder")], "WARN"
    told = slipway("drill", "restore", "fraud")
    assert told.code == 0
    assert "warning: restore drill of fraud: git lies in the state folder" in told.out


def test_a_drill_whose_process_died_is_followed_in_the_run_in_its_place(drilled, slipway):
    """It waited for ever, since a run that died says for ever that it will be retried."""
    again = run("again", "SUCCESS", dagster__root_run_id="launched")
    drilled.runs = [again, run("launched", "FAILURE", dagster__will_retry="true")]
    told = slipway("drill", "rollback", "fraud")
    assert told.code == 0
    assert told.out.endswith("/runs/again\n")


def test_a_drill_that_could_not_be_done_says_why(drilled, slipway):
    drilled.runs = [run("launched", "FAILURE")]
    drilled.failure = "nothing healthy is live in staging"
    told = slipway("drill", "rollback", "fraud")
    assert told.code == 1
    assert "nothing healthy is live in staging" in told.err


def test_a_drill_of_an_unknown_environment_is_wrong_use_and_starts_nothing(drilled, slipway):
    """A run was started, which then failed."""
    told = slipway("drill", "rollback", "fraud", "--env", "nowhere")
    assert (told.code, list(drilled.launched)) == (2, [])
    assert "no environment 'nowhere'; known: staging, production" in told.err

"""Asking for a batch: which job, with which options, and followed to its end."""

import pytest

from tests.support.fake_dagster import run


@pytest.mark.parametrize(
    ("options", "config"),
    [
        ((), {"environment": "", "again": False}),
        (("--env", "staging", "--again"), {"environment": "staging", "again": True}),
    ],
)
def test_a_batch_is_asked_for_with_its_options(dagster, slipway, options, config):
    dagster.jobs = ("fraud_batch",)
    told = slipway("batch", "fraud", "--detach", *options)
    assert (told.code, told.out) == (
        0,
        f"started: http://127.0.0.1:{dagster.port}/runs/launched\n",
    )
    (launched,) = dagster.launched
    assert launched["selector"]["jobName"] == "fraud_batch"
    assert launched["runConfigData"] == {"ops": {"fraud__batch_predictions": {"config": config}}}
    tags = {tag["key"]: tag["value"] for tag in launched["executionMetadata"]["tags"]}
    assert tags["slipway/batch"] == "fraud"
    assert "slipway/model" not in tags


@pytest.mark.parametrize(("status", "code"), [("SUCCESS", 0), ("FAILURE", 1)])
def test_a_batch_is_followed_to_its_end(dagster, slipway, status, code):
    dagster.jobs = ("fraud_batch",)
    dagster.runs = [run("launched", status, created=4e9, slipway__batch="fraud")]
    told = slipway("batch", "fraud")
    assert told.code == code
    assert ("scored into" in told.out) is (code == 0)


@pytest.mark.parametrize(("severity", "code"), [("ERROR", 1), ("WARN", 0)])
def test_a_check_that_failed_is_told_and_one_that_warns_ends_well(dagster, slipway, severity, code):
    dagster.jobs, dagster.severity = ("fraud_batch",), severity
    dagster.runs = [run("launched", "SUCCESS", created=4e9, slipway__batch="fraud")]
    dagster.checks = [(True, "all there"), (False, "2 scores beyond 1")]
    told = slipway("batch", "fraud")
    assert (told.code, "a_check: 2 scores beyond 1" in told.out) == (code, True)
    assert ("the batch is written, but do not use it yet: a_check" in told.err) is (code == 1)


def test_a_batch_of_an_unknown_model_is_refused(slipway):
    assert slipway("batch", "froud").err.startswith("slipway: no model 'froud'")


def test_a_batch_of_an_unknown_environment_is_wrong_use_and_starts_nothing(dagster, slipway):
    """A run was started, which then failed."""
    dagster.jobs = ("fraud_batch",)
    told = slipway("batch", "fraud", "--env", "nowhere")
    assert (told.code, list(dagster.launched)) == (2, [])
    assert "no environment 'nowhere'; known: staging, production" in told.err

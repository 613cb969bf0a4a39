"""The asset `predictions` and the sensor that takes the prediction log in, in this process."""

import os
import time
from datetime import timedelta

import dagster as dg
import pytest

from platform_assets.run_tags import MODEL_TAG, PREDICTIONS_TAG
from platform_assets.watch import predictions
from platform_assets.watch.log_files import LogFile, waiting, waiting_since
from platform_assets.watch.predictions import NAME
from platform_assets.watch.sensing import (
    MANY_FILES,
    OLDEST_SECONDS,
    decide,
    longest_wait,
    predictions_job,
    predictions_sensor,
)
from resources.lake import Lake
from resources.settings import Settings
from serving.bundle import write_bundle
from tests.support.bundles import line_contents
from tests.support.logged import serve
from tests.support.tiny import tiny


class Place:
    """The log of a model `tiny`, which the bundle of a line answers for."""

    def __init__(self, home, instance):
        self.settings, self.instance = Settings(home=home), instance
        self.lake = Lake(self.settings.lake)
        contents = line_contents()
        signature = contents.signature.model_copy(update={"model": "tiny"})
        made = vars(contents) | {"signature": signature}
        self.bundle = write_bundle(home / "store", type(contents)(**made))
        self.resources = {"settings": self.settings, "lake": self.lake}

    def ask(self, *names):
        serve(self.settings.predictions, self.bundle, {n: [{"a": 1, "b": 2}] for n in names})

    def age(self, seconds):
        then = time.time() - seconds
        for one in waiting(self.settings.predictions, "tiny"):
            os.utime(one.path, (then, then))

    def run(self):
        asset = predictions.build(tiny())
        result = dg.materialize([asset], instance=self.instance, resources=self.resources)
        (event,) = result.get_asset_materialization_events()
        checks = {one.check_name: one for one in result.get_asset_check_evaluations()}
        return event.materialization.metadata, checks

    def tick(self):
        job = predictions_job(tiny())
        sensor = predictions_sensor(tiny(), job)
        resources = {"settings": self.settings}
        context = dg.build_sensor_context(self.instance, resources=resources)
        return sensor(context)


@pytest.fixture
def place(tmp_path):
    with dg.DagsterInstance.ephemeral() as instance:
        yield Place(tmp_path, instance)


def test_what_was_logged_becomes_rows_and_every_check_passes(place):
    place.ask("q-1", "q-2")
    told, checks = place.run()
    assert [told[name].value for name in ("files", "requests", "rows")] == [1, 2, 2]
    assert told["dagster/row_count"].value == 2
    assert [one.passed for one in checks.values()] == [True] * len(predictions.CHECKS)


def test_with_nothing_logged_there_is_nothing_to_complain_of(place):
    told, checks = place.run()
    assert told["files"].value == 0
    assert all(one.passed for one in checks.values())


def test_a_row_that_stands_twice_is_noticed(place):
    place.ask("q-1")
    place.run()
    table = f"tiny/{NAME}"
    place.lake.append(table, place.lake.read(table), [])
    writer = place.lake.read(table).column("_writer")[0].as_py()
    landed = predictions.Landed(writers=frozenset({writer}))
    assert not predictions.twice(place.lake, table, landed).passed


def test_what_was_dropped_is_warned_of_and_blocks_nothing(place):
    found = predictions.dropped(predictions.Landed(dropped=3, gone=("w-00000002",)), ["bad"])
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.WARN
    assert found.description == (
        "3 requests were dropped; 1 files are gone; 1 files cannot be read"
    )
    assert not any(spec.blocking for spec in predictions.build(tiny()).check_specs)


def test_rows_that_the_files_say_they_hold_and_were_not_written_are_noticed():
    assert not predictions.accounted(predictions.Landed(rows=3, written=2)).passed


def test_the_sensor_asks_for_a_run_once_a_file_has_waited(place):
    assert "no file" in place.tick().skip_message
    place.ask("q-1")
    assert "taken in after 60 s" in place.tick().skip_message
    place.age(OLDEST_SECONDS + 1)
    assert place.tick().tags["slipway/reason"].startswith("1 files of the prediction log wait")


def test_while_a_run_takes_them_in_no_other_is_asked_for(place):
    place.ask("q-1")
    place.age(OLDEST_SECONDS + 1)
    run = dg.DagsterRun("any", tags={PREDICTIONS_TAG: "tiny"}, status=dg.DagsterRunStatus.STARTED)
    place.instance.add_run(run)
    assert "is under way" in place.tick().skip_message


def test_after_a_run_that_failed_the_next_one_waits(place):
    """A fault that stays began another run every half minute."""
    place.ask("q-1")
    place.age(OLDEST_SECONDS + 1)
    run = dg.DagsterRun("any", tags={PREDICTIONS_TAG: "tiny"}, status=dg.DagsterRunStatus.FAILURE)
    place.instance.add_run(run)
    assert "the last run failed" in place.tick().skip_message


@pytest.mark.parametrize(("failed", "due"), [(None, True), (701.0, False), (700.0, True)])
def test_a_failure_is_tried_again_after_its_pause(tmp_path, failed, due):
    files = [LogFile("w", 1, tmp_path, 10, 100.0)]
    assert decide(files, 1000.0, 0, failed).now is due


def test_many_files_are_taken_in_at_once(tmp_path):
    files = [LogFile("w", n, tmp_path, 10, 100.0) for n in range(1, MANY_FILES + 1)]
    assert decide(files, 101.0, 0).now
    assert not decide(files[1:], 101.0, 0).now


@pytest.mark.parametrize(("minutes", "seconds"), [(1, 15.0), (1440, OLDEST_SECONDS)])
def test_files_wait_no_longer_than_a_part_of_a_window(tmp_path, minutes, seconds):
    assert longest_wait(tiny(monitoring={"window_minutes": minutes})) == seconds
    files = [LogFile("w", 1, tmp_path, 10, 100.0)]
    due = [decide(files, 100.0 + age, 0, oldest=seconds).now for age in (seconds - 1, seconds)]
    assert due == [False, True]


def test_since_when_rows_wait_is_told_by_the_oldest_file(place):
    root = place.settings.predictions
    assert waiting_since(root, "tiny") is None
    place.ask("q-1")
    found = waiting_since(root, "tiny")
    place.age(600)
    assert found - waiting_since(root, "tiny") > timedelta(seconds=590)


def test_a_run_that_takes_the_log_in_is_no_run_of_the_model():
    tags = predictions_job(tiny()).tags
    assert PREDICTIONS_TAG in tags
    assert MODEL_TAG not in tags

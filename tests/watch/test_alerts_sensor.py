"""The alerts sensor on a real lake and repository: told once, and what does not arrive is seen."""

import json
import shutil

import dagster as dg
import pytest
from pydantic import SecretStr

from gitops.notifier import NOTICES
from tests.support.governed import Governed, beyond
from tests.support.releases import digest


@pytest.fixture
def world(tmp_path):
    with dg.DagsterInstance.ephemeral() as instance:

        def made(urls=None):
            found = Governed(instance, tmp_path, notify_urls=urls and SecretStr(urls))
            found.live()
            return found

        yield made


def lines(world):
    file = world.settings.home / NOTICES
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_while_no_alert_stands_nobody_is_told(world):
    quiet = world()
    quiet.observe(beyond(0))
    assert quiet.tick("alerts").skip_message == "0 alerts stand; nothing new"
    assert lines(quiet) == []


def test_an_alert_is_told_once_and_its_end_once(world):
    found = world()
    found.observe(beyond(1), beyond(0))
    told = found.tick("alerts")
    assert told.skip_message == "1 alerts stand; tiny in production: alert input_drift"
    assert found.tick("alerts").skip_message == "1 alerts stand; nothing new"
    found.live(digest("e"))
    found.tick("alerts")
    assert [one["after"] for one in lines(found)] == [
        "alert input_drift",
        "alert input_drift ended",
    ]
    assert lines(found)[0]["evidence"].endswith("/assets/tiny/monitoring")


def test_what_was_told_stands_at_the_asset(world):
    found = world()
    found.observe(beyond(1), beyond(0))
    (event,) = found.tick("alerts").asset_events
    assert event.asset_key == found.folder.key("monitoring")
    assert "input_drift of amount" in event.metadata["told"].value[0]
    assert event.metadata["not_delivered"].value == []


def test_an_address_that_does_not_answer_is_seen_and_stops_nothing(world):
    found = world("json://ann:secret@127.0.0.1:9/")
    found.observe(beyond(1), beyond(0))
    told = found.tick("alerts")
    assert "not delivered: tiny in production" in told.skip_message
    (failure,) = told.asset_events[0].metadata["not_delivered"].value
    assert failure.endswith("not every address took the notice")
    assert "secret" not in failure
    assert len(lines(found)) == 1
    assert found.tick("alerts").skip_message == "1 alerts stand; nothing new"


def test_a_file_that_cannot_be_written_is_seen_too(world):
    found = world()
    found.observe(beyond(1), beyond(0))
    (found.settings.home / NOTICES).mkdir()
    told = found.tick("alerts")
    assert "the notice is in no file" in told.skip_message
    shutil.rmtree(found.settings.home / NOTICES)


def test_each_environment_has_its_own_alerts(world):
    found = world()
    found.live(digest("e"), "staging")
    windows = [beyond(ago, environment="staging", digest=digest("e")) for ago in (1, 0)]
    found.observe(*windows)
    assert "tiny in staging: alert input_drift" in found.tick("alerts").skip_message


def test_a_check_that_is_gone_is_told_until_it_is_back(world):
    """A check that was switched off failed nowhere: only the score was lower than before."""
    found = world()
    found.checked("test_score", "proofs_stand", passed=False, said="the check cleaned.a is gone")
    told = found.tick("alerts").skip_message
    assert told == "1 alerts stand; tiny in production: alert test_score"
    assert lines(found)[0]["why"] == "the check cleaned.a is gone"
    found.checked("test_score", "proofs_stand", passed=True)
    assert "alert test_score ended" in found.tick("alerts").skip_message

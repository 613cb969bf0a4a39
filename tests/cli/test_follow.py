"""Following a run that a command has caused, over the GraphQL of a webserver."""

import re
import time

import pytest

from platform_assets.cli.dagster_api import DagsterApi
from platform_assets.cli.errors import NothingStarted
from platform_assets.cli.follow import START_SECONDS, follow
from tests.support.fake_dagster import run

SINCE = 1000.0


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self):
        self.now = SINCE

    def pause(self, seconds):
        self.now += seconds


def followed(dagster, clock):
    api = DagsterApi(f"http://127.0.0.1:{dagster.port}")
    return follow(api, "fraud", SINCE, clock=lambda: clock.now, pause=clock.pause)


def becomes(dagster, *states):
    """At each look the runs are the next of these lists; the last one stays."""
    left = list(states)

    def look():
        dagster.runs = left.pop(0) if len(left) > 1 else left[0]

    dagster.on_look = look


def test_a_run_is_followed_from_before_it_begins_to_its_end(dagster, capsys):
    ended = run("r1", "SUCCESS", created=1002.0, slipway__reason="1 file")
    becomes(dagster, [], [run("r1", "STARTED", created=1002.0)], [ended])
    assert followed(dagster, Clock()).status == "SUCCESS"
    assert "run r1 ended: success" in capsys.readouterr().out


def test_runs_from_before_are_not_taken_for_it(dagster):
    before = run("r0", "FAILURE", created=999.0)
    becomes(dagster, [before], [run("r1", "SUCCESS", created=1001.0), before])
    assert followed(dagster, Clock()).run_id == "r1"


def test_a_run_whose_process_died_is_followed_in_the_one_that_repeats_it(dagster):
    died = run("r1", "FAILURE", created=1001.0, dagster__will_retry="true")
    becomes(dagster, [died], [run("r2", "SUCCESS", created=1005.0), died])
    assert followed(dagster, Clock()).run_id == "r2"


def test_where_nothing_begins_the_wait_has_an_end(dagster):
    clock = Clock()
    with pytest.raises(NothingStarted, match=f"fraud: no run began within {START_SECONDS:g} s"):
        followed(dagster, clock)
    assert clock.now - SINCE > START_SECONDS


def test_a_failed_run_ends_the_command_with_its_reason_after_where_the_model_stands(
    at, dagster, slipway
):
    dagster.failure = "production_promotion: code is not committed"
    failed = run("launched", "FAILURE", created=time.time() + 3600)
    dagster.on_look = lambda: dagster.runs.__setitem__(slice(None), [failed])
    told = slipway("run", "fraud")
    assert told.code == 1
    assert re.search(r"staging +absent", told.out)
    assert "slipway: run launched failed: production_promotion: code is not committed" in told.err


def test_a_run_that_succeeds_ends_with_where_the_model_stands(at, dagster, slipway):
    done = run("launched", "SUCCESS", created=time.time() + 3600)
    dagster.on_look = lambda: dagster.runs.__setitem__(slice(None), [done])
    told = slipway("run", "fraud")
    assert told.code == 0
    assert re.search(r"staging +absent\nproduction +absent", told.out)


def test_a_file_is_delivered_where_no_stack_is_up_and_that_is_said(home, slipway, tmp_path):
    file = tmp_path / "day.csv"
    file.write_text("a\n1\n")
    told = slipway("run", "fraud", str(file))
    assert told.code == 1
    assert told.out.startswith("delivered as ")
    assert "start the stack first: slipway up --detach" in told.err
    assert (home / "landing" / "fraud" / "day.csv").is_file()

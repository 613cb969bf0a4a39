"""The retraining sensor on Dagster's own instance: what it counts, and what stands on the run."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from platform_assets.run_tags import BY_TAG, REASON_TAG, TRIGGER_TAG
from platform_assets.watch.retraining import look
from tests.support.governed import Governed, beyond
from tests.support.releases import digest
from tests.support.tiny import tiny

GOVERNED = {"new_data": "governed", "minimum_new_rows": 100}
NOTHING = "nothing asks for a training"


@pytest.fixture
def world(tmp_path):
    with dg.DagsterInstance.ephemeral() as instance:
        yield lambda **rule: Governed(instance, tmp_path, tiny(retraining=rule))


@pytest.fixture
def drifted(world):
    """A live version whose input drifted in two windows, and rows that came since."""
    found = world()
    found.live()
    found.observe(beyond(1), beyond(0))
    found.rows(200, known=100)
    return found


def test_by_default_new_rows_are_left_to_the_landing_sensor(world):
    tiny_world = world()
    tiny_world.rows(1000)
    assert tiny_world.tick("retraining").skip_message == NOTHING


def test_governed_rows_start_a_training_once_there_are_enough(world):
    governed = world(**GOVERNED)
    governed.rows(199, known=100)
    assert governed.tick("retraining").skip_message == NOTHING
    governed.rows(200, known=100)
    (request,) = governed.tick("retraining").run_requests
    assert request.asset_selection is None
    assert request.tags[TRIGGER_TAG] == "new data"
    assert request.tags[REASON_TAG] == "new data: 100 clean rows"


def test_a_run_that_was_started_and_failed_begins_the_cool_down(world):
    governed = world(**GOVERNED)
    governed.rows(500)
    governed.run(dg.DagsterRunStatus.FAILURE)
    assert "cool_down_hours is 24" in governed.tick("retraining").skip_message


def test_a_run_that_only_took_rows_in_is_no_training_and_a_larger_search_is_one(world):
    governed = world(**GOVERNED)
    governed.run(assets=["raw", "cleaned", "quarantine"])
    assert governed.trained() == []
    governed.run(assets=["candidate_model", "registry_entry"])
    governed.run()
    assert len(governed.trained()) == 2


def test_a_run_under_way_is_waited_for(world):
    governed = world(**GOVERNED)
    governed.rows(500)
    governed.run(dg.DagsterRunStatus.STARTED, assets=["raw", "cleaned", "quarantine"])
    assert "1 runs of this model are under way" in governed.tick("retraining").skip_message


@pytest.mark.parametrize("by", ["ann", r"SHOP\ann smith"])
def test_a_wish_starts_a_training_whose_run_says_who_and_why_and_only_one(world, by):
    """A wish of somebody whose account has a blank in its name was never read."""
    tiny_world = world()
    tiny_world.wish(by, "a new merchant: books")
    (request,) = tiny_world.tick("retraining").run_requests
    assert request.tags[REASON_TAG] == f"on demand: asked for by {by}: a new merchant: books"
    assert (request.tags[TRIGGER_TAG], request.tags[BY_TAG]) == ("on demand", by)
    tiny_world.run(tags=request.tags)
    assert tiny_world.tick("retraining").skip_message == NOTHING


def test_other_observations_of_the_candidate_ask_for_nothing(world):
    tiny_world = world()
    key = tiny_world.folder.key("candidate_model")
    tiny_world.instance.report_runless_asset_event(dg.AssetObservation(key, description="looked"))
    tiny_world.instance.report_runless_asset_event(dg.AssetObservation(key))
    assert tiny_world.tick("retraining").skip_message == NOTHING


def test_a_schedule_asks_once_for_each_of_its_times_however_long_nobody_looked(world):
    hour = (datetime.now(UTC) - timedelta(hours=12)).hour
    scheduled = world(schedule=f"0 {hour} * * *", cool_down_hours=0, runs_per_day=1000)
    scheduled.rows(10)
    (request,) = scheduled.tick("retraining").run_requests
    assert request.tags[TRIGGER_TAG] == "schedule"
    assert request.tags[REASON_TAG].startswith(f"schedule: '0 {hour} * * *' came at ")
    scheduled.run(tags=request.tags)
    assert scheduled.tick("retraining").skip_message == NOTHING


def test_a_schedule_that_came_weeks_ago_was_answered_by_a_run_after_it(world):
    day = (datetime.now(UTC) - timedelta(days=14)).day
    monthly = world(schedule=f"0 4 {day} * *", cool_down_hours=0)
    monthly.run()
    now = datetime.now(UTC)
    due = look(monthly.folder, monthly.instance, [], now).causes[0].seen
    assert [one.started > due for one in monthly.trained()] == [True]
    assert monthly.tick("retraining").skip_message == NOTHING


def test_drift_of_the_live_version_starts_one_training_that_says_so(drifted):
    (request,) = drifted.tick("retraining").run_requests
    assert request.tags[TRIGGER_TAG] == "drift"
    assert request.tags[REASON_TAG].startswith("drift: input_drift of amount in production since ")
    assert request.tags[REASON_TAG].endswith(": 0.5 (threshold 0.2)")
    drifted.run(tags=request.tags)
    assert drifted.tick("retraining").skip_message == NOTHING


def test_a_storm_of_drift_starts_one_run_and_the_next_waits_for_the_cool_down(drifted):
    columns = [f"column_{number}" for number in range(30)]
    drifted.observe(*[beyond(ago, subject=one) for ago in (1, 0) for one in columns])
    (request,) = drifted.tick("retraining").run_requests
    assert request.tags[REASON_TAG].count("input_drift of") == 31
    drifted.run(dg.DagsterRunStatus.FAILURE, tags=request.tags)
    drifted.observe(*[beyond(0, subject=one) for one in columns])
    assert "cool_down_hours is 24" in drifted.tick("retraining").skip_message


def test_drift_without_new_rows_would_give_the_same_model_and_waits(drifted):
    drifted.rows(200, known=200)
    said = drifted.tick("retraining").skip_message
    assert "0 clean rows came since the last training set" in said


def test_drift_of_a_version_that_is_live_no_more_asks_for_nothing(drifted):
    drifted.live(digest("e"))
    assert drifted.tick("retraining").skip_message == NOTHING


def test_lost_quality_goes_before_drift(drifted):
    drifted.observe(*[beyond(ago, monitor="quality", subject="roc_auc") for ago in (1, 0)])
    (request,) = drifted.tick("retraining").run_requests
    assert request.tags[TRIGGER_TAG] == "lost quality"
    assert "; drift: input_drift of amount" in request.tags[REASON_TAG]


def test_rows_that_are_wrong_start_nothing_but_a_person_does(drifted):
    drifted.observe(*[beyond(ago, monitor="skew") for ago in (1, 0)])
    said = drifted.tick("retraining").skip_message
    assert "skew of amount in production" in said
    assert "would learn from rows that are wrong" in said
    drifted.wish("ann", "the rows were mended")
    assert len(drifted.tick("retraining").run_requests) == 1


def test_triggers_that_are_turned_off_ask_for_nothing(world):
    found = world(drift=False, lost_quality=False)
    found.live()
    found.observe(
        *[beyond(ago, monitor=one) for ago in (1, 0) for one in ("quality", "score_drift")]
    )
    found.rows(200, known=100)
    assert found.tick("retraining").skip_message == NOTHING


def test_lost_quality_asks_again_while_the_version_that_lost_it_is_live(drifted):
    """Labels of a window came after a training had begun, so no training ever asked for them."""
    late = [beyond(ago, monitor="quality", subject="roc_auc") for ago in (9, 8)]
    drifted.observe(*late)
    drifted.run()
    assert "cool_down_hours is 24" in drifted.tick("retraining").skip_message

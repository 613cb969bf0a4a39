"""The retraining sensor on Dagster's own instance: what it counts, and what stands on the run."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from platform_assets.automation import automation
from platform_assets.component import assets_of
from platform_assets.run_tags import BY_TAG, MODEL_TAG, REASON_TAG, TRIGGER_TAG
from platform_assets.watch.asking import written
from platform_assets.watch.retraining import look, trainings
from tests.support.tiny import tiny

UNUSED = ("settings", "lake", "registry", "artifacts", "forge", "reconciler", "checkout")
GOVERNED = {"new_data": "governed", "minimum_new_rows": 100}
LATER = timedelta(minutes=1)


class World:
    """A model on an instance of its own; rows and runs are only told of, as the record has them."""

    def __init__(self, instance, **retraining):
        self.instance, self.folder = instance, tiny(retraining=retraining)
        graph = dg.Definitions(
            assets=assets_of(self.folder), resources=dict.fromkeys(UNUSED, "not asked here")
        )
        self.definitions = dg.Definitions.merge(graph, automation(self.folder))

    def tick(self):
        sensor = self.definitions.resolve_sensor_def("tiny_retraining")
        context = dg.build_sensor_context(self.instance, definitions=self.definitions)
        return sensor.evaluate_tick(context)

    def told(self, asset, **metadata):
        key = self.folder.key(asset)
        self.instance.report_runless_asset_event(dg.AssetMaterialization(key, metadata=metadata))

    def rows(self, clean, known=None):
        self.told("cleaned", **{"dagster/row_count": clean})
        if known is not None:
            self.told("training_set", cleaned_rows=known)

    def wish(self, by, why):
        key = self.folder.key("candidate_model")
        wish = dg.AssetObservation(key, description=written(by, why))
        self.instance.report_runless_asset_event(wish)

    def run(self, status=dg.DagsterRunStatus.SUCCESS, assets=None, **tags):
        selected = frozenset(self.folder.key(name) for name in assets) if assets else None
        job = self.definitions.resolve_job_def("tiny_pipeline")
        return self.instance.create_run_for_job(
            job.get_subset(asset_selection=selected) if selected else job,
            status=status,
            asset_selection=selected,
            tags={MODEL_TAG: "tiny", **tags},
        )

    def trained(self):
        now = datetime.now(UTC)
        return list(trainings(self.instance, self.folder, now - timedelta(days=1), now))


@pytest.fixture
def world():
    with dg.DagsterInstance.ephemeral() as instance:
        yield lambda **retraining: World(instance, **retraining)


def test_by_default_new_rows_are_left_to_the_landing_sensor(world):
    tiny_world = world()
    tiny_world.rows(1000)
    assert tiny_world.tick().skip_message == "nothing asks for a training"


def test_governed_rows_start_a_training_once_there_are_enough(world):
    governed = world(**GOVERNED)
    governed.rows(199, known=100)
    assert governed.tick().skip_message == "nothing asks for a training"
    governed.rows(200, known=100)
    (request,) = governed.tick().run_requests
    assert request.asset_selection is None
    assert request.tags[TRIGGER_TAG] == "new data"
    assert request.tags[REASON_TAG] == "new data: 100 clean rows"


def test_a_run_that_was_started_and_failed_begins_the_cool_down(world):
    governed = world(**GOVERNED)
    governed.rows(500)
    governed.run(dg.DagsterRunStatus.FAILURE)
    assert "cool_down_hours is 24" in governed.tick().skip_message


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
    assert "1 runs of this model are under way" in governed.tick().skip_message


def test_a_wish_starts_a_training_whose_run_says_who_and_why_and_only_one(world):
    tiny_world = world()
    tiny_world.wish("ann", "a new merchant")
    (request,) = tiny_world.tick().run_requests
    assert request.tags[REASON_TAG] == "on demand: asked for by ann: a new merchant"
    assert (request.tags[TRIGGER_TAG], request.tags[BY_TAG]) == ("on demand", "ann")
    tiny_world.run(**request.tags)
    assert tiny_world.tick().skip_message == "nothing asks for a training"


def test_other_observations_of_the_candidate_ask_for_nothing(world):
    tiny_world = world()
    key = tiny_world.folder.key("candidate_model")
    tiny_world.instance.report_runless_asset_event(dg.AssetObservation(key, description="looked"))
    tiny_world.instance.report_runless_asset_event(dg.AssetObservation(key))
    assert tiny_world.tick().skip_message == "nothing asks for a training"


def test_a_schedule_asks_once_for_each_of_its_times_however_long_nobody_looked(world):
    scheduled = world(schedule="0 4 * * *", cool_down_hours=0, runs_per_day=1000)
    scheduled.rows(10)
    (request,) = scheduled.tick().run_requests
    assert request.tags[TRIGGER_TAG] == "schedule"
    assert request.tags[REASON_TAG].startswith("schedule: '0 4 * * *' came at ")
    scheduled.run(**request.tags)
    assert scheduled.tick().skip_message == "nothing asks for a training"


def test_a_schedule_that_came_weeks_ago_was_answered_by_a_run_after_it(world):
    monthly = world(schedule="0 4 1 * *", cool_down_hours=0)
    monthly.run()
    now = datetime.now(UTC)
    due = look(monthly.folder, monthly.instance, now).causes[0].seen
    assert [one.started > due for one in monthly.trained()] == [True]
    assert monthly.tick().skip_message == "nothing asks for a training"

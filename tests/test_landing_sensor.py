"""The landing sensor over real folders, with Dagster's own instance and the lake's own ledger."""

import os
import time

import dagster as dg
import pytest

from platform_assets.arrivals import FIRST_PAUSE_SECONDS, Asked
from platform_assets.automation import automation
from platform_assets.component import assets_of
from platform_assets.data import ledger
from platform_assets.data.ledger import Entry, Outcome
from platform_assets.data.sensing import INTAKE
from platform_assets.data.sources.choose import source_of
from platform_assets.errors import SourceUnavailable
from platform_assets.run_tags import MODEL_TAG, REASON_TAG
from resources.lake import Lake
from resources.settings import Settings
from tests.support.tiny import SPEC, tiny

LONG_AGO = 1_600_000_000
UNUSED = ("registry", "artifacts", "forge", "reconciler", "checkout")


class World:
    """A model with a landing folder, and the ticks of its sensor, one after the other."""

    def __init__(self, home, instance, folder):
        self.settings, self.instance, self.folder = Settings(home=home), instance, folder
        self.lake = Lake(self.settings.lake)
        self.landing = self.settings.landing / folder.name
        self.cursor = None
        self.resources = {"settings": self.settings, "lake": self.lake}
        assets = assets_of(folder)
        everything = self.resources | dict.fromkeys(UNUSED, "not asked here")
        graph = dg.Definitions(assets=assets, resources=everything)
        self.definitions = dg.Definitions.merge(graph, automation(folder))
        self.sensor = self.definitions.resolve_sensor_def(f"{folder.group}_landing")

    def put(self, name, content="id\n1\n", at=LONG_AGO):
        self.landing.mkdir(parents=True, exist_ok=True)
        (self.landing / name).write_text(content)
        os.utime(self.landing / name, (at, at))

    def tick(self):
        context = dg.build_sensor_context(
            self.instance,
            self.cursor,
            resources=self.resources,
            definitions=self.definitions,
        )
        result = self.sensor.evaluate_tick(context)
        self.cursor = result.cursor or self.cursor
        return result

    def take_in(self, most):
        """What a run does about arrivals, as far as the sensor can see it."""
        listing = source_of(self.folder, self.settings).listing()
        due = ledger.pending(listing, ledger.seen(self.lake, self.folder.name))[:most]
        entries = [Entry(one.name, one.stamp, one.size, one.name, Outcome.LANDED) for one in due]
        ledger.record(self.lake, self.folder.name, entries)
        return len(due)

    def trained(self):
        """As if a run had made a training set."""
        event = dg.AssetMaterialization(self.folder.key("training_set"))
        self.instance.report_runless_asset_event(event)

    def rewind(self, seconds):
        """As if the last run had been asked for so much earlier."""
        asked = Asked.parse(self.cursor)
        self.cursor = Asked(asked.batch, asked.known, asked.attempts, asked.at - seconds).text()


@pytest.fixture
def world(tmp_path):
    with dg.DagsterInstance.ephemeral() as instance:
        yield World(tmp_path, instance, tiny())


def test_an_empty_place_is_told_and_starts_nothing(world):
    result = world.tick()
    assert (result.run_requests, result.asset_events) == ([], [])
    assert result.skip_message == f"0 files in {world.landing}, none of them new"


def test_new_files_start_a_run_of_the_whole_pipeline_that_says_why(world):
    world.put("a.csv")
    world.put("b.csv")
    (request,) = world.tick().run_requests
    assert request.asset_selection is None
    assert request.tags[REASON_TAG] == f"2 files in {world.landing}, 2 new"


def test_what_was_seen_asked_for_and_skipped_stands_at_the_asset(world):
    world.put("a.csv")
    world.put("b.csv.part")
    (event,) = world.tick().asset_events
    found = {name: value.value for name, value in event.metadata.items()}
    assert event.asset_key == world.folder.key("landing")
    assert found["waiting"] == found["asked_for"] == found["attempt"] == 1
    assert found["skipped: still being written"] == "b.csv.part"


def test_a_file_of_this_moment_waits_for_a_later_tick(world):
    world.put("a.csv", at=time.time())
    assert "skipped: 1 still being written (a.csv)" in world.tick().skip_message


def test_a_file_that_was_taken_in_starts_nothing_and_a_changed_one_does(world):
    world.put("a.csv")
    world.take_in(1)
    assert world.tick().run_requests == []
    world.put("a.csv", content="id\n2\n", at=LONG_AGO + 1)
    assert len(world.tick().run_requests) == 1


def test_nothing_is_asked_for_while_a_run_of_the_model_is_unfinished(world):
    world.put("a.csv")
    job = world.definitions.resolve_job_def("tiny_pipeline")
    tags = {MODEL_TAG: world.folder.name}
    world.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=tags)
    assert "under way" in world.tick().skip_message


def test_a_batch_whose_run_failed_is_asked_for_again_after_a_pause_under_another_key(world):
    world.put("a.csv")
    (first,) = world.tick().run_requests
    assert "1 run took nothing in" in world.tick().skip_message
    world.rewind(FIRST_PAUSE_SECONDS)
    (second,) = world.tick().run_requests
    assert second.run_key != first.run_key


def test_a_tick_that_died_before_its_cursor_was_kept_asks_for_the_same_run(world):
    world.put("a.csv")
    (first,) = world.tick().run_requests
    world.cursor = None
    assert world.tick().run_requests[0].run_key == first.run_key


def test_a_lost_cursor_repeats_nothing_that_was_taken_in(world):
    world.put("a.csv")
    world.tick()
    world.take_in(1)
    world.cursor = None
    assert world.tick().run_requests == []


def test_a_place_that_cannot_be_reached_fails_the_tick_by_name(world):
    world.settings.landing.mkdir(parents=True)
    world.landing.touch()
    with pytest.raises(SourceUnavailable, match=r"landing/tiny: cannot be reached"):
        world.tick()


def test_while_more_waits_a_run_takes_in_alone(tmp_path):
    with dg.DagsterInstance.ephemeral() as instance:
        world = World(tmp_path, instance, tiny(source=SPEC["source"] | {"batch_files": 2}))
        for name in "abc":
            world.put(f"{name}.csv")
        (request,) = world.tick().run_requests
        assert request.asset_selection == [world.folder.key(name) for name in INTAKE]
        job = world.definitions.resolve_job_def("tiny_pipeline")
        subset = job.get_subset(asset_selection=set(request.asset_selection))
        assert len(subset.nodes) == 2
        world.take_in(2)
        assert world.tick().run_requests[0].asset_selection is None


@pytest.mark.parametrize("new_data", ["governed", "ignored"])
def test_where_trainings_are_governed_the_first_delivery_trains_and_others_are_taken_in(
    new_data, tmp_path
):
    with dg.DagsterInstance.ephemeral() as instance:
        world = World(tmp_path, instance, tiny(retraining={"new_data": new_data}))
        world.put("a.csv")
        assert world.tick().run_requests[0].asset_selection is None
        world.take_in(1)
        world.trained()
        world.put("b.csv")
        (request,) = world.tick().run_requests
        assert request.asset_selection == [world.folder.key(name) for name in INTAKE]


@pytest.mark.e2e
def test_a_backlog_of_100_000_files_is_worked_off_in_batches(tmp_path):
    wanted, batch = 100_000, 40_000
    with dg.DagsterInstance.ephemeral() as instance:
        world = World(tmp_path, instance, tiny(source=SPEC["source"] | {"batch_files": batch}))
        world.landing.mkdir(parents=True)
        for number in range(wanted):
            os.close(os.open(world.landing / f"{number}.csv", os.O_CREAT | os.O_WRONLY))
            os.utime(world.landing / f"{number}.csv", (LONG_AGO, LONG_AGO))
        taken = []
        while requests := world.tick().run_requests:
            assert len(requests) == 1
            assert len(world.cursor) < 200
            taken.append(world.take_in(batch))
        assert taken == [batch, batch, wanted - 2 * batch]


@pytest.mark.slow
def test_objects_of_a_bucket_start_a_run_once(tmp_path, moto, monkeypatch):
    moto.enter(monkeypatch)
    bucket = moto.new_bucket()
    location = SPEC["source"] | {"location": f"s3://{bucket}/in"}
    moto.client().put_object(Bucket=bucket, Key="in/a.csv", Body=b"id\n1\n")
    with dg.DagsterInstance.ephemeral() as instance:
        world = World(tmp_path, instance, tiny(source=location))
        (request,) = world.tick().run_requests
        assert request.tags[REASON_TAG] == f"1 file in s3://{bucket}/in, 1 new"
        world.take_in(1)
        assert world.tick().skip_message == f"1 file in s3://{bucket}/in, none of them new"

"""The nightly asset on the tables of a model that was trained."""

import os

import dagster as dg
import pytest

from platform_assets.automation import NIGHTLY, nightly, upkeep_job
from platform_assets.model.retention import BUNDLES, KINDS
from platform_assets.model.upkeep import keep, layouts, others_at_work, told
from platform_assets.run_tags import MODEL_TAG
from resources.lake_upkeep import Tidied
from resources.registry import Registry, Version
from tests.support.fake_serve import FakeServe
from tests.support.tiny import Platform, orders, tiny

UPTO = ("raw", "cleaned", "quarantine", "training_set", "candidate_model", "registry_entry")


def version(**tags: str) -> Version:
    named = {f"slipway.{name}": value for name, value in tags.items()}
    return Version("tiny", "1", "sha256:a", "run", "bundle", named)


def test_what_registered_models_name_is_kept():
    first = version(training_set_version="3", cleaned_version="7")
    second, old = version(training_set_version="5", cleaned_version="7"), version()
    kept = keep("tiny", [first, second, old])
    assert kept == {"tiny/cleaned": {7}, "tiny/training_set": {3, 5}}


def test_blocks_of_bytes_are_merged_in_the_layout_they_were_written_in():
    found = layouts("tiny")
    assert found["tiny/raw"].plain == ("_bytes",)
    tables = ("raw", "arrivals", "mended", "cleaned", "quarantine", "training_set")
    watched = ("predictions", "monitoring")
    assert set(found) == {f"tiny/{name}" for name in (*tables, *watched)}


def test_the_figures_of_each_table_are_shown():
    text = told({"tiny/raw": Tidied(4, 1, 2048, (3, 5))}).value
    assert "| tiny/raw | 4 | 1 | 2,048 | 3, 5 |" in text


def test_it_runs_every_night_unless_it_is_switched_off():
    schedule = nightly(upkeep_job(tiny()))
    assert (schedule.cron_schedule, schedule.name) == (NIGHTLY, "tiny_upkeep_schedule")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


@pytest.fixture
def platform(tmp_path):
    Registry(f"sqlite:///{tmp_path}/mlflow/mlflow.db", tmp_path / "mlflow" / "artifacts").prepare()
    with FakeServe() as serve, dg.DagsterInstance.ephemeral() as instance:
        yield Platform.create(tmp_path, serve, instance)


@pytest.mark.slow
def test_what_registered_models_name_can_be_read_after_it(platform):
    for day in range(2):
        platform.deliver(f"day-{day}.csv", orders(300, seed=day, first=300 * day))
        assert platform.run(tiny(), *UPTO).success
    result = platform.run(tiny(), "upkeep")
    assert result.success
    versions = keep("tiny", platform.registry.versions("tiny"))
    rows = {
        name: [platform.lake.count(name, one) for one in ones] for name, ones in versions.items()
    }
    assert rows == {"tiny/cleaned": [300, 600], "tiny/training_set": [300, 600]}
    (made,) = result.asset_materializations_for_node("tiny__upkeep")
    assert made.metadata["files_after"].value < made.metadata["files_before"].value


def age(platform):
    """Let everything that is stored be older than any limit."""
    for kind in KINDS:
        for one in platform.artifacts.stored(kind, "tiny"):
            os.utime(platform.artifacts.folder(kind, "tiny", one.key), (0, 0))


@pytest.mark.e2e
def test_old_candidates_go_and_what_git_and_the_newest_need_stays(platform):
    few = tiny(retention={"promotions": 1, "candidates": 1, "days": 1})
    for day in range(3):
        platform.deliver(f"day-{day}.csv", orders(600, seed=day, first=600 * day))
        released = ("evaluation_report", "staging_release") if day == 0 else ()
        assert platform.run(few, *UPTO, *released).success
    first, newest = (platform.registry.versions("tiny")[place].digest for place in (-1, 0))
    age(platform)
    assert platform.run(few, "upkeep").success
    assert {one.digest for one in platform.registry.versions("tiny")} == {first, newest}
    assert {f"sha256:{one.key}" for one in platform.artifacts.stored(BUNDLES, "tiny")} == {
        first,
        newest,
    }
    assert platform.run(few, "evaluation_report").success


def test_nothing_is_collected_while_another_run_of_the_model_is_under_way():
    with dg.DagsterInstance.ephemeral() as instance:
        assert not others_at_work(instance, "tiny", "own")
        run = dg.DagsterRun("a_job", status=dg.DagsterRunStatus.STARTED, tags={MODEL_TAG: "tiny"})
        instance.add_run(run)
        assert others_at_work(instance, "tiny", "own")
        assert not others_at_work(instance, "tiny", run.run_id)
        assert not others_at_work(instance, "other", "own")

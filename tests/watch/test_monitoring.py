"""The asset `monitoring`: its checks, its pictures, and its page, on real tables and registries."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime

import dagster as dg
import pytest

from gitops.local_forge import LocalForge
from gitops.record import DeploymentRecord
from platform_assets.run_tags import MODEL_TAG, MONITORING_TAG, REASON_TAG, failed_at
from platform_assets.spec import ModelSpec, Monitoring
from platform_assets.watch import monitoring
from platform_assets.watch.landing_log import table
from platform_assets.watch.monitoring import CHECKS, current_since
from platform_assets.watch.watching import (
    PAUSE_SECONDS,
    Seen,
    monitoring_job,
    monitoring_sensor,
    reason,
    seen,
)
from resources.artifacts import Artifacts
from resources.lake import Lake
from resources.registry import Registry
from resources.settings import Settings
from tests.support.releases import SEED
from tests.support.tiny import SPEC, tiny
from tests.support.watched import FIRST
from tests.support.watched_model import ROWS, Watched, bundle, orders


class Live:
    """The watched model with a bundle of its own, live in production as git says."""

    def __init__(self, home, instance, registry):
        self.instance, self.settings = instance, Settings(home=home)
        artifacts = Artifacts(self.settings.artifacts)
        self.forge = LocalForge.create(home / "git", SEED)
        self.place = Watched(home, digest=bundle(artifacts.bundles("tiny")).digest)
        self.resources = {
            "settings": self.settings,
            "lake": self.place.lake,
            "artifacts": artifacts,
            "registry": registry,
            "forge": self.forge,
        }
        self.today = (datetime.now(UTC) - FIRST).days

    def release(self):
        told = DeploymentRecord("production", "tiny", digest=self.place.digest)
        self.forge.write_record(told, None)

    def ask(self, days=3, ago=1, **changes):
        """Rows of whole days that ended so many days ago, the same whatever day it is."""
        for seed in range(days):
            rows = orders(ROWS, seed=100 + seed, name=f"{seed}-").assign(**changes)
            self.place.ask(self.today - ago - days + seed, rows)

    def run(self):
        asset = monitoring.build(self.place.folder)
        result = dg.materialize([asset], instance=self.instance, resources=self.resources)
        (event,) = result.get_asset_materialization_events()
        checks = {one.check_name: one for one in result.get_asset_check_evaluations()}
        return {name: one.value for name, one in event.materialization.metadata.items()}, checks


@pytest.fixture
def live(tmp_path, empty_registry):
    shutil.copytree(empty_registry, tmp_path / "mlflow")
    home = tmp_path / "mlflow"
    registry = Registry(f"sqlite:///{home}/mlflow.db", home / "artifacts")
    with dg.DagsterInstance.ephemeral() as instance:
        yield Live(tmp_path, instance, registry)


def test_before_anybody_asked_every_check_passes_and_says_that_nothing_was_judged(live):
    told, checks = live.run()
    assert set(checks) == set(monitoring.CHECKS)
    assert all(one.passed for one in checks.values())
    assert {one.metadata["judged"].value for one in checks.values()} == {0}
    assert told["verdict"].startswith("Nothing was judged yet")


def test_traffic_like_the_training_rows_is_judged_and_raises_no_alert(live):
    live.release()
    live.ask()
    told, checks = live.run()
    assert told["windows"] == 3
    assert told["verdict"] == "No alert stands."
    assert all(one.passed for one in checks.values())
    assert checks["input_drift"].metadata["judged"].value == 3 * 3
    assert {"production_input_drift", "production_score_drift", "production_latency"} <= set(told)


def test_windows_of_long_ago_are_shown_and_prove_nothing_of_now(live):
    """While nobody asks, each run told again what it had judged, and the test score counted it."""
    live.release()
    live.ask(ago=5)
    told, checks = live.run()
    assert told["windows"] == 3
    assert checks["latency"].metadata["judged"].value == 0
    assert "the newest window that was judged ended at" in checks["latency"].description


def test_windows_that_wait_for_labels_or_are_long_are_current_for_longer():
    now, settings = datetime.now(UTC), Monitoring(window_minutes=10_080, label_days=30)
    days = {name: (now - current_since(name, settings, now)).days for name in CHECKS}
    assert (days["latency"], days["quality"], days["skew"]) == (14, 44, 44)
    assert (now - current_since("latency", Monitoring(), now)).days == 3


def test_drift_fails_its_check_with_figure_bound_and_window(live):
    live.release()
    live.ask(amount=9000.0)
    told, checks = live.run()
    failed = checks["input_drift"]
    assert not failed.passed
    assert "input drift of amount is" in failed.description
    assert failed.metadata["observed"].value > failed.metadata["threshold"].value == 0.2
    assert checks["latency"].passed
    assert "input drift of amount" in told["alerts"]


def test_no_check_blocks_anything(live):
    asset = monitoring.build(live.place.folder)
    assert not any(spec.blocking for spec in asset.check_specs)


def test_alerts_of_a_version_that_is_not_live_fail_no_check(live):
    live.ask(amount=9000.0)
    told, checks = live.run()
    assert told["windows"] == 3
    assert all(one.passed for one in checks.values())


def test_the_page_is_whole_in_itself_and_says_what_stands(live):
    live.release()
    live.ask(amount=9000.0)
    told, _ = live.run()
    page = monitoring.page_path(live.settings.home, "tiny")
    assert told["page"] == str(page)
    text = page.read_text()
    assert "input drift of amount" in text
    assert "data:image/png;base64," in text
    assert "http" not in text.replace("http://www.w3.org", "")
    assert list(page.parent.iterdir()) == [page]


def test_a_second_run_judges_nothing_again_and_shows_the_same(live):
    live.release()
    live.ask()
    first, _ = live.run()
    again, checks = live.run()
    assert (first["windows"], again["windows"], again["observations"]) == (3, 0, 0)
    assert checks["input_drift"].metadata["judged"].value == 3 * 3


NOW = Seen(end=86_400, cleaned=4, at=90_000)


@pytest.mark.parametrize(
    ("logged", "before", "unfinished", "why"),
    [
        (True, None, 0, "the window to 1970-01-02 00:00 UTC is over"),
        (True, Seen(0, 4), 0, "the window to 1970-01-02 00:00 UTC is over"),
        (True, Seen(86_400, 3), 0, "new rows may have brought labels"),
        (True, Seen(86_400, 3, 90_000 - PAUSE_SECONDS + 1), 0, None),
        (True, NOW, 0, None),
        (True, Seen(86_400, 4), 0, None),
        (True, Seen(0, 4), 1, None),
        (False, None, 0, None),
    ],
    ids=["first", "a window", "labels", "soon", "again", "nothing", "under way", "nobody asked"],
)
def test_a_run_is_asked_for_by_windows_and_labels(logged, before, unfinished, why):
    assert reason(logged, NOW, before, unfinished) == why


@pytest.mark.parametrize(("ago", "why"), [(PAUSE_SECONDS, "the last run failed"), (599, None)])
def test_a_run_that_failed_is_tried_again_after_a_while(ago, why):
    """Nothing was judged until the next window was over, which may be a month."""
    assert reason(True, NOW, NOW, 0, NOW.at - ago) == why


def test_only_the_newest_run_tells_whether_judging_failed():
    job = dg.GraphDefinition(name="judged").to_job()
    with dg.DagsterInstance.ephemeral() as instance:
        found = [failed_at(instance, "tiny", MONITORING_TAG)]
        for status in (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS):
            tags = {MONITORING_TAG: "tiny"}
            instance.create_run_for_job(job, status=status, tags=tags)
            found.append(failed_at(instance, "tiny", MONITORING_TAG))
    assert [one is None for one in found] == [True, False, True]


def test_a_cursor_is_read_as_it_was_written():
    assert Seen.parse(NOW.cursor) == NOW
    assert Seen.parse(None) is None


def test_new_rows_of_a_model_without_an_id_bring_no_labels(tmp_path):
    place = Watched(tmp_path)
    place.deliver(orders(5, seed=0))
    nameless = replace(place.folder, spec=ModelSpec.model_validate({**SPEC, "id": None}))
    found = [seen(place.lake, folder, 90_000).cleaned for folder in (place.folder, nameless)]
    assert found == [0, -1]


def tick(lake, instance, home, cursor=None):
    sensor = monitoring_sensor(tiny(), monitoring_job(tiny()))
    context = dg.build_sensor_context(instance, cursor, resources={"lake": lake, "settings": home})
    return sensor(context)


def test_the_sensor_asks_for_a_run_once_there_is_a_log_and_not_twice(tmp_path):
    lake = Lake(str(tmp_path / "lake"))
    with dg.DagsterInstance.ephemeral() as instance:
        home = Settings(home=tmp_path)
        assert isinstance(tick(lake, instance, home), dg.SkipReason)
        Watched(tmp_path).ask(0, orders(5, seed=0))
        assert lake.exists(table("tiny"))
        result = tick(lake, instance, home)
        assert "is over" in result.run_requests[0].tags[REASON_TAG]
        later = Seen(Seen.parse(result.cursor).end + 2 * 86_400, -1)
        assert isinstance(tick(lake, instance, home, later.cursor), dg.SkipReason)


def test_a_run_that_judges_is_no_run_of_the_model():
    tags = monitoring_job(tiny()).tags
    assert MONITORING_TAG in tags
    assert MODEL_TAG not in tags

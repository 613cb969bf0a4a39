import dagster as dg
import pytest

from gitops.conditions import Reason, RetryAfter, Settled
from gitops.known import Act
from gitops.plan import Plan
from platform_assets.automation import automation, pipeline_job
from platform_assets.component import assets_of
from platform_assets.deploying import decide
from tests.support.tiny import tiny

SETTLED = Plan((), Settled(Reason.HEALTHY, "live and healthy"))
DUE = Plan((Act.RECORD_ATTEMPT, Act.APPLY), None)


def test_where_git_and_the_running_system_agree_nothing_starts():
    decision = decide({"staging": SETTLED, "production": SETTLED}, unfinished=0)
    assert decision.environments == ()
    assert "production: live and healthy" in decision.reason


def test_a_difference_starts_the_deployment_of_that_environment():
    assert decide({"staging": SETTLED, "production": DUE}, 0).environments == ("production",)


def test_environments_are_deployed_one_after_the_other():
    assert decide({"staging": DUE, "production": DUE}, 0).environments == ("staging",)


def test_a_run_under_way_is_not_doubled():
    decision = decide({"production": DUE}, unfinished=1)
    assert decision.environments == ()
    assert "under way" in decision.reason


def test_a_wait_is_told_with_its_seconds():
    waiting = Plan((), RetryAfter(Reason.LOCKED, "another reconciler is at work", 15))
    assert "again in 15 s" in decide({"staging": waiting}, 0).reason


def test_the_pipelines_runs_carry_their_limit():
    job = pipeline_job(tiny(training={"fit_seconds": 60, "run_seconds": 90}))
    assert job.tags["dagster/max_runtime"] == "90"


JOBS = {
    "upkeep": ("slipway/model", {"upkeep"}),
    "release": ("slipway/model", {"staging_release", "production_promotion"}),
    "deploy_staging": ("slipway/model", {"staging_deployment"}),
    "deploy_production": ("slipway/model", {"production_deployment"}),
    "batch": ("slipway/batch", {"batch_predictions"}),
    "predictions": ("slipway/predictions", {"predictions"}),
    "monitoring": ("slipway/monitoring", {"monitoring"}),
    "test_score": ("slipway/test-score", {"practices", "test_score"}),
}
SENSORS = {
    "alerts": set(),
    "desired_state": {"deploy_staging", "deploy_production"},
    "landing": {"pipeline"},
    "prediction_log": {"predictions"},
    "releases": {"release"},
    "retraining": {"pipeline"},
    "retry": {"pipeline"},
    "scoring": {"test_score"},
    "windows": {"monitoring"},
}


@pytest.fixture(scope="module")
def started():
    return automation(tiny())


@pytest.fixture(scope="module")
def assets():
    return [one for one in assets_of(tiny()) if isinstance(one, dg.AssetsDefinition)]


@pytest.mark.parametrize("name", JOBS)
def test_a_job_makes_its_assets_in_runs_that_name_the_model(started, assets, name):
    tag, expected = JOBS[name]
    job = next(one for one in started.jobs if one.name == f"tiny_{name}")
    made = {key.path[-1] for key in job.selection.resolve(assets)}
    assert (made, job.tags) == (expected, {tag: "tiny"})


def test_every_sensor_looks_by_itself_and_starts_only_its_jobs(started):
    found = {
        sensor.name: {target.job_name for target in sensor.targets} for sensor in started.sensors
    }
    expected = {name: {f"tiny_{job}" for job in jobs} for name, jobs in SENSORS.items()}
    assert found == {f"tiny_{name}": jobs for name, jobs in expected.items()}
    assert {one.default_status for one in started.sensors} == {dg.DefaultSensorStatus.RUNNING}


def test_a_sensor_looks_as_often_as_it_is_told(started):
    seconds = {one.name: one.minimum_interval_seconds for one in started.sensors}
    assert (seconds["tiny_desired_state"], seconds["tiny_retry"]) == (5, 30)

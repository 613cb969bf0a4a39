from gitops.conditions import Reason, RetryAfter, Settled
from gitops.known import Act
from gitops.plan import Plan
from platform_assets.automation import pipeline_job
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

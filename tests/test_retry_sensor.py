"""The retry loop on a real graph: one larger search, on record, then the end."""

import json

import dagster as dg
import pytest

from platform_assets.automation import SEARCHED, automation
from platform_assets.component import assets_of
from platform_assets.lineage import latest
from platform_assets.model.attempts import ATTEMPT_TAG, RETRY_OF_TAG
from platform_assets.model.evaluation_report import JUDGEMENT, KIND
from platform_assets.release.stages import DEFAULT, at_once
from platform_assets.run_tags import MODEL_TAG, REASON_TAG
from tests.support.fake_serve import FakeServe
from tests.support.tiny import Platform, orders, tiny

pytestmark = pytest.mark.slow

SPACE = {"logisticregression__C": {"low": 0.01, "high": 10, "log": True}}
STRICT = {
    "gates": [{"metric": "roc_auc", "reach": 0.9999}],
    "search": {"trials": 2, "space": SPACE},
    "retry": {"attempts": 1, "larger": 3},
}
RESOURCES = ("settings", "lake", "registry", "artifacts", "forge", "reconciler", "checkout")


@pytest.fixture(scope="module")
def failed(tmp_path_factory):
    """A platform on which a model has just missed its gate."""
    with FakeServe() as serve, dg.DagsterInstance.ephemeral() as instance:
        platform = Platform.create(tmp_path_factory.mktemp("platform"), serve, instance)
        platform.deliver("day-1.csv", orders(600, seed=1))
        assert not platform.run(tiny(**STRICT)).success
        yield platform


def tick(platform, folder):
    assets = assets_of(folder)
    graph = dg.Definitions(assets=assets, resources=dict.fromkeys(RESOURCES, "not asked here"))
    definitions = dg.Definitions.merge(graph, automation(folder))
    sensor = definitions.resolve_sensor_def("tiny_retry")
    context = dg.build_sensor_context(platform.instance, definitions=definitions)
    return sensor.evaluate_tick(context)


def report(platform):
    return latest(platform.instance, tiny().key("evaluation_report"))


def test_before_anything_was_judged_nothing_starts(failed):
    with dg.DagsterInstance.ephemeral() as empty:
        unjudged = Platform.create(failed.settings.home / "other", failed.serve, empty)
        assert "not judged yet" in tick(unjudged, tiny(**STRICT)).skip_message


def test_a_run_under_way_comes_first(failed):
    run = failed.instance.create_run_for_job(
        dg.Definitions(jobs=[empty_job]).resolve_job_def("empty_job"),
        status=dg.DagsterRunStatus.STARTED,
        tags={MODEL_TAG: "tiny"},
    )
    assert "1 runs of this model are under way" in tick(failed, tiny(**STRICT)).skip_message
    failed.instance.delete_run(run.run_id)


def test_a_gate_that_failed_starts_one_larger_search_and_then_no_more(failed):
    folder = tiny(**STRICT)
    (request,) = tick(failed, folder).run_requests
    assert request.tags[ATTEMPT_TAG] == "1"
    assert "roc_auc_reaches: fail; larger search 1 of 1: 6 trials" in request.tags[REASON_TAG]
    (again,) = tick(failed, folder).run_requests
    assert again.run_key == request.run_key

    assert not failed.run(folder, *SEARCHED, *at_once(DEFAULT), tags=dict(request.tags)).success
    candidate = latest(failed.instance, folder.key("candidate_model"))
    assert (candidate["attempt"], candidate["search_trials"]) == (1, 6)
    told = tick(failed, folder).skip_message
    assert "no search is left (retry.attempts is 1): tried 2 trials (best" in told

    text = failed.artifacts.load(KIND, "tiny", report(failed)["report_key"], JUDGEMENT)
    made = json.loads(text)["attempts"]
    assert [(one["attempt"], one["trials"]) for one in made] == [(0, 2), (1, 6)]
    assert failed.forge.promotions() == []

    assert not failed.run(folder).success
    assert latest(failed.instance, folder.key("candidate_model"))["attempt"] == 1
    assert "no search is left" in tick(failed, folder).skip_message


def test_an_attempt_whose_run_died_is_not_begun_again(failed):
    folder = tiny(**STRICT | {"search": {"trials": 2, "seconds": 61, "space": SPACE}})
    failed.run(folder)
    (request,) = tick(failed, folder).run_requests
    job = dg.Definitions(jobs=[empty_job]).resolve_job_def("empty_job")
    died = {"status": dg.DagsterRunStatus.FAILURE, "tags": dict(request.tags)}
    failed.instance.create_run_for_job(job, **died)
    assert "ended without a judgement" in tick(failed, folder).skip_message


def test_a_larger_search_was_meant_for_other_rows_and_is_not_made_for_these(failed):
    folder = tiny(**STRICT | {"search": {"trials": 2, "seconds": 62, "space": SPACE}})
    failed.run(folder, "candidate_model", tags={ATTEMPT_TAG: "1", RETRY_OF_TAG: "0" * 64})
    assert latest(failed.instance, folder.key("candidate_model"))["attempt"] == 0


@dg.op
def nothing():
    """A step of a run that stands for another."""


@dg.job
def empty_job():
    nothing()

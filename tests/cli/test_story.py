"""Where the loop stands, told from what can be seen."""

import dataclasses

import pytest

from gitops.conditions import Blocked, Reason
from gitops.forge import Commit, Promotion
from gitops.holds import Hold
from gitops.record import DeploymentRecord
from gitops.runtime import LiveModel
from platform_assets.cli.dagster_api import Run
from platform_assets.cli.demo.story import (
    Approve,
    Done,
    Failed,
    Idle,
    Refused,
    Scene,
    Watch,
    next_step,
)
from platform_assets.cli.overview import Place
from tests.support.releases import digest, manifest

COMMIT = Commit("c" * 40, "2026-01-01T00:00:00+00:00", "ann", "Promote")
NOTHING = Place("production", "fraud")


def run(status, name="r1", **tags):
    return Run(name, "fraud_pipeline", status, 1.0, 2.0, 3.0, tags, ())


def place(environment, letter, **fields):
    return Place(environment, "fraud", COMMIT, manifest(letter, environment), **fields)


def live(letter):
    record = DeploymentRecord("production", "fraud", healthy=COMMIT.revision)
    return place("production", letter, record=record, live=LiveModel(True, digest(letter)))


def promotion(letter="a", state="open", **fields):
    given = {
        "number": 4,
        "environment": "production",
        "model": "fraud",
        "bundle_digest": digest(letter),
        "branch": "promote/production/fraud",
        "base": "",
        "commit": "d" * 40,
        "title": "",
        "body": "",
        "message": "",
        "required": (),
        "opened": "",
        "state": state,
    }
    return Promotion(**(given | fields))


def scene(*runs, staging=None, production=NOTHING, promotions=()):
    return Scene(runs, staging or place("staging", "a"), production, promotions)


def test_at_first_a_run_is_awaited():
    step = next_step(scene(staging=Place("staging", "fraud")))
    assert step == Idle("the landing sensor starts a run")


def test_a_run_at_work_is_watched():
    assert next_step(scene(run("STARTED"))) == Watch(run("STARTED"))


def test_an_open_promotion_is_approved_even_while_its_run_ends():
    assert next_step(scene(run("STARTED"), promotions=[promotion()])) == Approve(promotion())


def test_a_promotion_whose_gates_have_not_passed_is_not_approved():
    waiting = promotion(required=("quality",))
    assert isinstance(next_step(scene(promotions=[waiting])), Idle)


def test_a_promotion_of_another_digest_is_not_approved():
    assert isinstance(next_step(scene(promotions=[promotion("b")])), Idle)


def test_production_healthy_at_the_wanted_digest_is_the_end():
    assert next_step(scene(run("SUCCESS"), production=live("a"))) == Done()


def test_production_healthy_at_an_older_digest_is_not_the_end():
    step = next_step(scene(run("SUCCESS"), production=live("b")))
    assert step == Idle("a promotion to production is opened")


def test_after_the_merge_the_deployment_is_awaited():
    merged = scene(run("SUCCESS"), production=place("production", "a"))
    assert next_step(merged) == Idle("the merge is seen and production is deployed")


def test_a_failed_run_is_the_end_when_nothing_else_goes_on():
    assert next_step(scene(run("FAILURE"))) == Failed(run("FAILURE"))


def test_a_failed_run_of_the_past_does_not_matter():
    step = next_step(scene(run("SUCCESS", "r2"), run("FAILURE"), production=live("a")))
    assert step == Done()


def test_a_run_whose_process_died_is_watched_until_it_is_repeated():
    died = run("FAILURE", **{"dagster/will_retry": "true"})
    repeated = run("SUCCESS", "r2", **{"dagster/parent_run_id": "r1"})
    assert next_step(scene(died)) == Watch(died)
    assert next_step(scene(repeated, died, production=live("a"))) == Done()


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_a_held_digest_ends_the_demo_with_its_reason(environment):
    holds = (Hold(digest("a"), "too slow", "", "reconciler"),)
    places = {"staging": place("staging", "a"), "production": place("production", "b")}
    places[environment] = dataclasses.replace(places[environment], holds=holds)
    step = next_step(scene(run("FAILURE"), **places))
    assert step == Refused(f"{environment} holds {digest('a')[7:19]}: too slow")


def test_a_rejected_promotion_ends_the_demo():
    closed = promotion(state="closed", reason="smells")
    assert next_step(scene(promotions=[closed])) == Refused("promotion 4 was rejected: smells")


def test_a_blocked_environment_ends_the_demo():
    record = DeploymentRecord("production", "fraud", outcome=Blocked(Reason.STALLED, "both failed"))
    blocked = place("production", "a", record=record)
    assert next_step(scene(production=blocked)) == Refused("production: both failed")

"""Who has to do what next."""

from dataclasses import replace

import pytest

from gitops.conditions import Blocked, Reason, RetryAfter
from gitops.forge import Commit, Promotion, Status
from gitops.record import DeploymentRecord
from gitops.runtime import LiveModel
from gitops.suspension import Suspension
from platform_assets.board.steps import next_step
from platform_assets.cli.overview import Place
from tests.support.releases import digest, manifest

COMMIT = Commit("c" * 40, "2026-01-01T00:00:00+00:00", "ann", "Promote fraud")
LIVE = LiveModel(True, digest("a"), "1", "2026-01-01T00:00:00+00:00")
BLOCKED, LATER = Blocked(Reason.STALLED, "both failed"), RetryAfter(Reason.FROZEN, "frozen", 60.0)
PROMOTION = Promotion(
    3, "production", "fraud", digest("b"), "promote/x", "b" * 40, "p" * 40, "Release", "", "",
    ("fairness",), "2026-01-01T00:00:00+00:00",
)  # fmt: skip
PASSED = (Status("p" * 40, "fairness", "success"),)


def record(outcome=None):
    return DeploymentRecord("production", "fraud", healthy=COMMIT.revision, outcome=outcome)


def step(**facts):
    given = {"commit": COMMIT, "manifest": manifest("a", "production"), "record": record()}
    approvers = facts.pop("approvers", ())
    return next_step(Place("production", "fraud", **(given | {"live": LIVE} | facts)), approvers)


@pytest.mark.parametrize(
    ("whom", "what", "facts"),
    [
        ("nobody", "nothing", {}),
        ("a person", "line 3", {"invalid": "line 3"}),
        ("a person", "suspended: a drill", {"suspension": Suspension("a drill", "", "ann")}),
        ("the gates", "promotion 3 to pass fairness", {"promotion": PROMOTION}),
        ("a person", "both failed", {"record": record(BLOCKED)}),
        ("the reconciler", "frozen", {"record": record(LATER)}),
        ("the pipeline", "a first release", {"manifest": None, "live": None}),
        ("a person", "Serve to answer again", {"asked": False}),
        ("the reconciler", "what runs to become what git says", {"live": None}),
    ],
)
def test_the_next_step_is_the_most_urgent_one(whom, what, facts):
    found = step(**facts)
    assert (found.whom, found.what) == (whom, what)
    assert bool(found.command) == (whom != "nobody")


def test_a_promotion_whose_gates_passed_waits_for_those_who_may_approve():
    passed = replace(PROMOTION, statuses=PASSED)
    found = step(promotion=passed, approvers=("ann", "bob"))
    assert found.what == "promotion 3 to be approved by ann or bob"
    assert found.for_a_person

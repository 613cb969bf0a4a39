"""The process is killed before and after each act; the next pass ends as if nothing had been.

The acts are enumerated from `Act`, and each must be reached by one of the four stories, so a new
act cannot be forgotten.
"""

import pytest

from gitops.canary import CanaryPolicy
from gitops.conditions import Reason, Settled
from gitops.holds import held, read_holds
from gitops.known import Act
from gitops.manifest import manifest_path
from tests.support import crash_table
from tests.support.killed_pass import killed_pass
from tests.support.releases import digest

GOOD, BAD, REMOVAL = set(crash_table.GOOD), set(crash_table.BAD), set(crash_table.REMOVAL)
WALK = set(crash_table.WALK)
SHORT = CanaryPolicy(steps=(5,), interval=1e-6)


def points(acts: set[Act]) -> list[str]:
    return [f"{when}:{act}" for act in sorted(acts) for when in ("before", "after")]


def revisions(at) -> int:
    """How many commits main has."""
    head, count = at.forge.head(), 0
    while head:
        count += 1
        parent = at.forge._git.text("rev-list", "--parents", "-1", head).split()[1:]
        head = parent[0] if parent else ""
    return count


def test_every_act_is_reached_by_a_story():
    assert set(Act) == GOOD | WALK | BAD | REMOVAL


@pytest.mark.parametrize("point", points(GOOD))
def test_a_good_release_ends_healthy(at, point):
    at.staging("a")
    at.bring("b")
    commits = revisions(at)
    assert killed_pass(at, "staging", "fraud", point)
    assert at.serve.digest("staging-fraud") in (digest("a"), digest("b"))
    report = at.reconciler.reconcile("staging", "fraud")
    assert isinstance(report.outcome, Settled)
    assert at.serve.digest("staging-fraud") == digest("b")
    assert at.forge.read_record("staging", "fraud").healthy == report.revision
    assert revisions(at) == commits


@pytest.mark.parametrize("point", points(WALK))
def test_a_canary_goes_on_and_ends_healthy(at, point):
    at.staging("a")
    at.bring("b", canary=SHORT)
    commits = revisions(at)
    assert killed_pass(at, "staging", "fraud", point)
    report = at.reconciler.reconcile("staging", "fraud")
    assert report.outcome.reason == Reason.HEALTHY
    assert at.serve.digest("staging-fraud") == digest("b")
    assert at.serve.applications["staging-fraud"].canary is None
    assert revisions(at) == commits


@pytest.mark.parametrize("point", points(GOOD | BAD))
def test_a_bad_release_ends_taken_back_once(at, point):
    at.staging("a")
    before = at.present()
    at.bring("b", fault_delay_ms=200)
    commits = revisions(at)
    assert killed_pass(at, "staging", "fraud", point)
    assert at.serve.digest("staging-fraud") in (digest("a"), digest("b"))
    report = at.reconciler.reconcile("staging", "fraud")
    assert report.outcome.reason == Reason.ROLLED_BACK
    assert (at.present(), at.serve.digest("staging-fraud")) == (before, digest("a"))
    assert held(read_holds(at.forge, "staging", "fraud", at.forge.head()), digest("b"))
    assert revisions(at) == commits + 1


@pytest.mark.parametrize("point", points(REMOVAL))
def test_a_removal_ends_removed(at, point):
    at.neighbour()
    at.staging("a")
    at.forge.commit(at.forge.head(), {manifest_path("staging", "fraud"): None}, "Remove")
    assert killed_pass(at, "staging", "fraud", point)
    report = at.reconciler.reconcile("staging", "fraud")
    assert report.outcome.reason == Reason.REMOVED
    assert at.serve.puts[-1]["applications"] == []


def test_the_lock_of_a_killed_pass_is_free(at):
    at.bring("a")
    assert killed_pass(at, "staging", "fraud", f"after:{Act.APPLY}")
    assert at.reconciler.reconcile("staging", "fraud").outcome.reason == Reason.HEALTHY

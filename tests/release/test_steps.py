"""A canary is followed to its end, told look by look, and drawn."""

from dataclasses import replace
from datetime import timedelta

import dagster as dg
import pytest

from gitops.canary import CanaryPolicy
from gitops.conditions import Reason
from gitops.rollback import rollback
from gitops.suspension import suspend
from platform_assets.release.deployment import Site, deploy
from platform_assets.release.deployment_checks import CANARY
from platform_assets.release.deployment_metadata import walked
from platform_assets.release.steps import GLANCE_SECONDS, staircase, table, through_steps
from resources.settings import Settings
from tests.gitops.test_canary_walk import FEW, Watch
from tests.release.test_deployment import Aliases
from tests.support.fake_serve import GOOD_FIGURES
from tests.support.releases import bring, digest, manifest, with_options
from tests.support.tiny import Approving, tiny

POLICY = CanaryPolicy(steps=(5, 50), interval=30.0, timeout=60.0)
WORSE = {**GOOD_FIGURES, "pairs": {**GOOD_FIGURES["pairs"], "disagreed": 900}}


class Way:
    """The staging of `tiny` with a live, and b on its way; time passes in the pauses alone."""

    def __init__(self, world, home):
        self.clock, self.said = Watch(), []
        self.world = with_options(world, clock=self.clock, verifier=Approving())
        self.settings = Settings(home=home)
        bring(self.world.forge, manifest("a", model="tiny"))
        self.world.reconciler.reconcile("staging", "tiny")
        bring(self.world.forge, manifest("b", model="tiny", canary=POLICY))

    def walk(self, pause=None):
        where = (self.world.reconciler, self.world.forge, "staging", "tiny")
        return through_steps(*where, self.said.append, pause or self.clock.pass_)

    def deploy(self):
        events, world = [], self.world
        with dg.build_asset_context() as context:
            site = Site(world.reconciler, world.forge, Aliases(), self.settings)
            try:
                way = {"tried": 8, "pause": self.clock.pass_}
                events.extend(deploy(context, tiny(), "staging", site, **way))
            except dg.Failure as failure:
                return events, failure
        return events, None


@pytest.fixture
def way(at, tmp_path):
    return Way(at, tmp_path)


def test_every_step_is_followed_and_told_until_the_candidate_answers_all(way):
    report, seen = way.walk()
    assert report.outcome.reason == Reason.HEALTHY
    assert way.world.serve.digest("staging-tiny") == digest("b")
    assert way.said == [one.sentence() for one in seen]
    assert way.said[0] == "step 1 of 2 (5 %): 1000 requests, pass"
    assert way.said[-1].startswith("step 2 of 2 (50 %): ")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda at: rollback(at.forge, "staging", "tiny", "smells", "ann"), Reason.ROLLED_BACK),
        (lambda at: suspend(at.forge, "staging", "tiny", "wait", "ann"), Reason.SUSPENDED),
    ],
)
def test_what_git_says_meanwhile_ends_the_wait_for_a_step(way, change, reason):
    """A rollback waited until the whole step had been slept through."""
    began = way.clock.time

    def pause(seconds):
        if way.clock.time == began:
            change(way.world)
        way.clock.pass_(seconds)

    report, _ = way.walk(pause)
    assert report.outcome.reason == reason
    assert way.clock.time - began == timedelta(seconds=GLANCE_SECONDS)


LONG = replace(POLICY, steps=(5,), interval=130.0, timeout=3600.0)


def test_a_candidate_that_turns_bad_goes_back_before_its_step_is_over(way):
    """A step was looked at when it began and when it was over, hours later perhaps."""
    way.world.bring("c", model="tiny", canary=replace(LONG, interval=3600.0))
    began = way.clock.time

    def pause(seconds):
        way.world.serve.applications["staging-tiny"].canary |= WORSE
        way.clock.pass_(seconds)

    report, _ = way.walk(pause)
    assert report.outcome.reason == Reason.ROLLED_BACK
    assert way.clock.time - began == timedelta(seconds=report.interval)


def test_of_looks_that_found_the_same_the_first_and_the_last_are_kept(way):
    way.world.bring("c", model="tiny", canary=LONG)
    _, seen = way.walk()
    assert len(way.said) == 4
    assert [one.seconds for one in seen] == [0, LONG.interval]


def test_a_change_of_another_model_ends_no_wait(way):
    pauses = []

    def pause(seconds):
        way.world.neighbour() if not pauses else None
        pauses.append(seconds)
        way.clock.pass_(seconds)

    way.walk(pause)
    assert pauses == [GLANCE_SECONDS] * 12


def test_a_healthy_walk_is_a_passed_check_with_a_picture_and_a_table(way):
    (event,), failure = way.deploy()
    assert failure is None
    checks = {check.check_name: check for check in event.check_results}
    assert checks[CANARY].passed
    assert checks[CANARY].description == "step 2 of 2 (50 %): 1000 requests, pass"
    assert event.metadata["canary"].value.startswith("![Steps of the canary](data:image/png;")
    assert "| step 1 of 2 (5 %) | 0 | 1000 | 0 | pass |" in event.metadata["canary_steps"].value


def test_a_worse_candidate_fails_its_check_and_the_one_before_answers_on(way):
    way.world.serve.compared[digest("b")] = WORSE
    events, failure = way.deploy()
    found = {check.check_name: check for check in events}[CANARY]
    assert not found.passed
    assert found.description.startswith("canary_disagreement: rows decided otherwise was 0.9")
    assert "canary" in failure.metadata
    assert way.world.serve.digest("staging-tiny") == digest("a")


def test_doubt_that_does_not_end_fails_the_check_too(way):
    way.world.serve.compared[digest("b")] = FEW
    events, failure = way.deploy()
    found = {check.check_name: check for check in events}[CANARY]
    assert (found.passed, failure is not None) == (False, True)
    assert "canary_samples: requests known was 0 (at least 200)" in found.description
    assert way.clock.time.minute == 1


def test_without_a_canary_nothing_is_drawn_and_the_check_says_so(way):
    way.world.bring("c", model="tiny")
    (event,), _ = way.deploy()
    found = {check.check_name: check for check in event.check_results}[CANARY]
    assert (found.passed, found.description) == (True, "nothing was compared")
    assert "canary" not in event.metadata
    assert walked(()) == {}


def test_the_picture_and_the_table_have_each_look(way):
    _, seen = way.walk()
    plot = staircase(seen)
    assert plot.png.startswith(b"\x89PNG")
    assert len(table(seen).splitlines()) == 2 + len(seen)
    later = replace(seen[0], replayed=7)
    assert staircase([later]).png != staircase([seen[0]]).png

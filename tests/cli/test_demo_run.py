"""The demo from look to look: it does what a person would, and stops when one would stop."""

from dataclasses import replace

import pytest

from gitops.holds import hold
from platform_assets.cli.console import Progress
from platform_assets.cli.demo.demo import IDLE_SECONDS, SECONDS, Demo
from platform_assets.cli.errors import DemoStopped
from resources.artifacts import Artifacts
from resources.settings import load_settings
from serving.bundle import write_bundle
from tests.support.bundles import fraud_contents
from tests.support.fake_dagster import run
from tests.support.releases import bring, serving

WAIT_SECONDS = 30.0

pytestmark = pytest.mark.usefixtures("at")


@pytest.fixture
def staged(at):
    """A real bundle that staging has proven and that waits for approval."""
    bundle = write_bundle(Artifacts(load_settings().artifacts).bundles("fraud"), fraud_contents())
    bring(at.forge, serving(bundle))
    at.reconciler.reconcile("staging", "fraud")
    bring(at.forge, serving(bundle, "production"))
    return bundle


class Time:
    """A clock that moves only when somebody waits, and then by half a minute."""

    def __init__(self):
        self.now = 1000.0

    def pause(self, _):
        self.now += WAIT_SECONDS


def follow():
    """Run the demo to its end; returns how many seconds it thinks that took."""
    time = Time()
    began = time.now
    Demo(load_settings(), Progress(), clock=lambda: time.now, pause=time.pause).run()
    return time.now - began


def test_the_demo_approves_and_ends_when_production_is_healthy(at, staged, dagster, capsys):
    dagster.on_look = lambda: at.reconciler.reconcile("production", "fraud")
    follow()
    told = capsys.readouterr().out
    assert "promotion 1 approved" in told
    assert f"production is healthy at {staged.digest[7:19]}" in told
    assert "curl -s" in told
    (merged,) = at.forge.promotions("merged")
    assert merged.approver.endswith("(demo)")


def test_a_demo_that_was_done_before_says_so_at_the_first_look(at, staged, dagster, capsys):
    at.forge.merge(1, "ann")
    at.reconciler.reconcile("production", "fraud")
    assert follow() == 0
    assert "1, approved by ann" in capsys.readouterr().out


def test_a_run_that_fails_stops_the_demo_with_its_reason_and_its_page(dagster):
    dagster.runs = [run("r1", "FAILURE", created=2000.0)]
    dagster.failure = "no column 'x'"
    with pytest.raises(DemoStopped, match=r"run r1 .* failed: no column 'x'; see http.*/runs/r1"):
        follow()


def test_a_run_that_failed_before_the_demo_is_followed_by_a_new_one(dagster):
    dagster.runs = [run("r1", "FAILURE", created=10.0)]
    with pytest.raises(DemoStopped, match="nothing is at work"):
        follow()
    (launched,) = dagster.launched
    assert launched["selector"]["jobName"] == "fraud_pipeline"


def test_what_does_not_begin_by_itself_is_begun_once(dagster):
    with pytest.raises(DemoStopped, match="it stood at: the landing sensor starts a run"):
        follow()
    assert len(dagster.launched) == 1
    tags = {tag["key"]: tag["value"] for tag in dagster.launched[0]["executionMetadata"]["tags"]}
    assert tags["slipway/model"] == "fraud"


def test_a_run_at_work_is_never_hurried_and_has_an_end(dagster):
    dagster.runs = [run("r1", "STARTED")]
    with pytest.raises(DemoStopped, match=rf"not done after {SECONDS:g} s; .* run r1"):
        follow()
    assert dagster.launched == []


def test_the_patience_begins_anew_when_something_was_at_work(dagster):
    looks = iter(range(100))

    def work_until_late():
        late = next(looks) > 5
        dagster.runs = [] if late else [run("r1", "STARTED")]

    dagster.on_look = work_until_late
    with pytest.raises(DemoStopped, match="nothing is at work"):
        follow()
    assert next(looks) > 5 + IDLE_SECONDS / WAIT_SECONDS


def test_a_rejected_promotion_stops_the_demo_with_the_reason(at, staged, dagster):
    at.forge.close(1, "not this one")
    with pytest.raises(DemoStopped, match="promotion 1 was rejected: not this one"):
        follow()


def test_a_promotion_whose_gates_have_not_passed_is_not_approved(at, staged, dagster):
    (promotion,) = at.forge.promotions("open")
    at.forge.set_status(promotion.number, promotion.commit, "quality", "failure", "no")
    with pytest.raises(DemoStopped, match="nothing is at work"):
        follow()
    assert at.forge.promotions("merged") == []


def test_a_held_version_stops_the_demo(at, staged, dagster):
    (promotion,) = at.forge.promotions("open")
    at.forge.close(promotion.number, "")
    hold(at.forge, "staging", "fraud", staged.digest, "p99 too high", "ann")
    with pytest.raises(DemoStopped, match=r"staging holds .*: p99 too high"):
        follow()


def test_a_release_that_is_taken_back_is_no_success(at, staged, dagster):
    at.serve.wrong.add(staged.digest)
    dagster.on_look = lambda: at.reconciler.reconcile("production", "fraud")
    with pytest.raises(DemoStopped, match="production holds"):
        follow()


def test_a_demo_of_another_digest_does_not_take_the_old_one_for_its_end(at, staged, dagster):
    """Production serves what was approved before; staging has moved on."""
    at.forge.merge(1, "ann")
    at.reconciler.reconcile("production", "fraud")
    contents = replace(fraud_contents(), reference={"rows": 61})
    newer = write_bundle(Artifacts(load_settings().artifacts).bundles("fraud"), contents)
    bring(at.forge, serving(newer, model_version="2"))
    with pytest.raises(DemoStopped, match="a promotion to production is opened"):
        follow()

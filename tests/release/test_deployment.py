"""Deploying: nothing is called healthy because nobody looked, and a failure is never swallowed."""

from dataclasses import dataclass, field, replace

import dagster as dg
import pytest

from gitops.conditions import Blocked, Reason, RetryAfter, Settled, Verdict
from gitops.known import Act
from gitops.reconcile import Report
from platform_assets.release.deployment import TRIES, Site, deploy, pause_before_retry
from platform_assets.release.deployment_checks import CHECKS, beside_result, check_result
from platform_assets.release.deployment_metadata import facts
from resources.latency import BESIDE
from resources.settings import Settings
from tests.support.releases import bring, digest, manifest, with_options
from tests.support.tiny import Approving, tiny

KEY = tiny().key("staging_deployment")
WANTED = manifest("a", model="tiny")
HEALTHY = Report("staging", "tiny", Settled(Reason.HEALTHY, "fine"), revision="r1", manifest=WANTED)


def verdict(name, *, passed=True):
    return Verdict(name, passed, "p99", 12.0, 150.0, "ms")


def test_a_check_without_a_verdict_fails():
    found = check_result(KEY, "latency_p99", [verdict("latency_p50")], HEALTHY)
    assert (found.passed, found.description) == (False, "no verdict")


@pytest.mark.parametrize("passed", [True, False])
def test_a_check_says_what_was_seen_and_what_is_allowed(passed):
    found = check_result(KEY, "latency_p99", [verdict("latency_p99", passed=passed)], HEALTHY)
    assert found.passed is passed
    assert found.description == "latency_p99: p99 was 12 ms, allowed 150 ms"
    told = {name: value.value for name, value in found.metadata.items()}
    assert told["live"] == digest("a")
    assert (told["observed"], told["threshold"], told["unit"]) == (12.0, 150.0, "ms")


def test_a_check_that_does_not_tell_has_not_passed_and_says_what_to_do():
    unsure = replace(verdict("latency_p99", passed=False), outcome="inconclusive")
    found = check_result(KEY, "latency_p99", [unsure], HEALTHY)
    assert (found.passed, found.metadata["outcome"].value) == (False, "inconclusive")
    assert "slipway hold tiny --env staging --lift" in found.description


@pytest.mark.parametrize(
    ("verdicts", "passed", "said"),
    [
        ([], False, "no verdict"),
        ([verdict("latency_p50")], True, "no version stood beside it"),
        ([verdict("latency_p50"), verdict(BESIDE)], True, f"{BESIDE}: p99 was 12 ms"),
        ([verdict("latency_p50"), verdict(BESIDE, passed=False)], False, f"{BESIDE}: p99 was 12"),
    ],
)
def test_the_version_before_is_compared_with_where_there_is_one(verdicts, passed, said):
    found = beside_result(KEY, verdicts, HEALTHY)
    assert (found.passed, found.check_name) == (passed, BESIDE)
    assert found.description.startswith(said)


def test_a_check_speaks_of_the_revision_that_was_tested_not_of_the_one_restored():
    taken_back = replace(HEALTHY, reverted="r1", reverted_to="r2", revision="r2")
    found = check_result(KEY, "ready", [verdict("ready", passed=False)], taken_back)
    assert found.metadata["revision"].value == "r1"


def test_where_nothing_is_served_the_check_says_so():
    gone = replace(HEALTHY, manifest=None)
    assert check_result(KEY, "ready", [], gone).metadata["live"].value == "nothing"


def test_the_ui_shows_what_a_pass_did_and_what_it_took_back():
    taken_back = replace(
        HEALTHY,
        outcome=Settled(Reason.ROLLED_BACK, "restored"),
        acts=(Act.APPLY, Act.REVERT),
        reverted="r1",
        reverted_to="r2",
    )
    shown = facts(taken_back)
    assert (shown["outcome"], shown["reason"]) == ("Settled", "RolledBack")
    assert (shown["acts"], shown["reverted"], shown["reverted_to"]) == ("apply, revert", "r1", "r2")
    assert facts(HEALTHY)["acts"] == "none"
    assert "reverted" not in facts(HEALTHY)


@dataclass
class Aliases:
    """The part of the registry that mirrors git."""

    told: list[tuple[str, str, str]] = field(default_factory=list)

    def aliases(self, model):
        return {alias: version for name, alias, version in self.told if name == model}

    def set_alias(self, model, alias, version):
        self.told.append((model, alias, version))


@dataclass
class Deployment:
    """The asset's body on a working system; what it yields, and how it ends."""

    world: object
    verifier: Approving
    settings: Settings
    registry: Aliases = field(default_factory=Aliases)

    def bring(self, letter):
        return bring(self.world.forge, manifest(letter, model="tiny"))

    def run(self, tried=TRIES):
        events, failure = [], None
        world = with_options(self.world, verifier=self.verifier)
        with dg.build_asset_context() as context:
            try:
                site = Site(world.reconciler, world.forge, self.registry, self.settings)
                events.extend(deploy(context, tiny(), "staging", site, tried=tried))
            except dg.Failure as error:
                failure = error
        return events, failure


@pytest.fixture
def deployment(at, tmp_path):
    return Deployment(at, Approving(), Settings(home=tmp_path))


def test_a_healthy_deployment_materializes_with_every_check_passed(deployment):
    deployment.bring("a")
    (event,), failure = deployment.run()
    assert failure is None
    assert event.data_version.value == digest("a")
    assert [check.check_name for check in event.check_results] == list(CHECKS)
    assert all(check.passed for check in event.check_results)
    assert event.metadata["endpoint"].value.endswith("/staging/tiny/v2/models/tiny")
    assert deployment.registry.told == [("tiny", "staging", "1")]


def test_a_second_run_repeats_the_verdicts_on_record_and_asks_nobody(deployment):
    deployment.bring("a")
    deployment.run()
    (event,), _ = deployment.run()
    assert all(check.passed for check in event.check_results)
    assert deployment.verifier.asked == [digest("a")]


def test_a_version_that_is_taken_back_fails_the_step_after_its_checks(deployment):
    deployment.bring("a")
    deployment.run()
    deployment.bring("b")
    deployment.verifier.failing = {"latency_p99"}
    events, failure = deployment.run()
    assert {event.check_name for event in events if not event.passed} == {"latency_p99"}
    assert failure is not None
    assert not failure.allow_retries
    assert failure.metadata["reverted"].value
    assert deployment.world.serve.digest("staging-tiny") == digest("a")


def test_a_deployment_that_git_does_not_name_fails_the_step(deployment):
    events, failure = deployment.run()
    assert not any(event.passed for event in events)
    assert failure.description == "git names no manifest"
    assert deployment.registry.told == []


def test_an_absent_system_fails_the_step_and_blames_no_version(deployment):
    deployment.bring("a")
    deployment.world.serve.outage = True
    events, failure = deployment.run()
    assert len(events) == len(CHECKS)
    assert "reverted" not in failure.metadata
    deployment.world.serve.outage = False
    assert deployment.run()[1] is None


def test_a_system_that_is_away_is_tried_again_and_no_check_has_failed_by_then(deployment):
    """Ray was killed while a deployment was verified, and its promotion was never opened."""
    deployment.bring("a")
    deployment.world.serve.outage = True
    with pytest.raises(dg.RetryRequested) as asked:
        deployment.run(tried=0)
    assert asked.value.seconds_to_wait > 0
    deployment.world.serve.outage = False
    (event,), failure = deployment.run(tried=1)
    assert (failure, event.data_version.value) == (None, digest("a"))


@pytest.mark.parametrize(
    ("outcome", "pause"),
    [
        (RetryAfter(Reason.RUNTIME_UNAVAILABLE, "away", 15), 15),
        (RetryAfter(Reason.LOCKED, "another", 15), 15),
        (RetryAfter(Reason.SOAKING, "too early", 3600), None),
        (RetryAfter(Reason.FROZEN, "holidays", 3600), None),
        (Blocked(Reason.HELD, "held"), None),
        (Settled(Reason.HEALTHY, "fine"), None),
    ],
)
def test_what_is_soon_over_is_waited_for_a_bounded_number_of_times(outcome, pause):
    assert pause_before_retry(outcome, TRIES - 1) == pause
    assert pause_before_retry(outcome, TRIES) is None

"""The reconciler on a real repository and a working system: from a release to healthy and back."""

import threading

from gitops.conditions import Blocked, Reason, RetryAfter, Settled
from gitops.holds import hold, lift
from gitops.known import Act
from gitops.lock import exclusive
from gitops.manifest import manifest_path, render
from tests.support.releases import digest, manifest, with_options

ATTEMPT = (
    Act.RECORD_ATTEMPT,
    Act.APPLY,
    Act.RECORD_APPLIED,
    Act.AWAIT_READY,
    Act.VERIFY,
    Act.RECORD_HEALTHY,
    Act.RECORD_OUTCOME,
)


def test_a_release_becomes_healthy_in_one_pass(at):
    revision = at.bring("a").revision
    report = at.reconciler.reconcile("staging", "fraud")
    assert isinstance(report.outcome, Settled)
    assert report.outcome.reason == Reason.HEALTHY
    assert (report.revision, report.acts) == (revision, ATTEMPT)
    assert [verdict.check for verdict in report.verdicts] == [
        "ready",
        "cold_start",
        "golden",
        "latency",
    ]
    assert at.serve.digest("staging-fraud") == digest("a")


def test_the_record_says_what_was_attempted_applied_and_proven(at):
    revision = at.bring("a").revision
    at.reconciler.reconcile("staging", "fraud")
    record = at.forge.read_record("staging", "fraud")
    assert (record.attempted, record.applied, record.healthy) == (revision,) * 3
    assert (record.digest, record.version) == (digest("a"), "1")
    assert isinstance(record.outcome, Settled)


def test_a_second_pass_does_nothing(at):
    at.staging("a")
    puts, record = len(at.serve.puts), at.forge.read_record("staging", "fraud")
    report = at.reconciler.reconcile("staging", "fraud")
    assert (report.outcome.reason, report.acts) == (Reason.HEALTHY, ())
    assert len(at.serve.puts) == puts
    assert at.forge.read_record("staging", "fraud") == record


def test_a_merged_promotion_goes_live_in_production(at):
    at.staging("a")
    merged = at.approve("a")
    report = at.reconciler.reconcile("production", "fraud")
    assert (report.outcome.reason, report.revision) == (Reason.HEALTHY, merged)
    assert at.serve.digest("fraud") == at.serve.digest("staging-fraud") == digest("a")


def test_a_held_digest_is_not_attempted_until_it_is_lifted(at):
    at.staging("a")
    at.bring("b")
    hold(at.forge, "staging", "fraud", digest("b"), "smells", "ann")
    report = at.reconciler.reconcile("staging", "fraud")
    assert isinstance(report.outcome, Blocked)
    assert (report.outcome.reason, at.serve.digest("staging-fraud")) == (Reason.HELD, digest("a"))
    lift(at.forge, "staging", "fraud", digest("b"), "ann")
    assert at.reconciler.reconcile("staging", "fraud").outcome.reason == Reason.HEALTHY


def test_production_waits_until_staging_has_proven_the_digest(at):
    path = manifest_path("production", "fraud")
    at.forge.commit(at.forge.head(), {path: render(manifest("a", "production"))}, "By hand")
    report = at.reconciler.reconcile("production", "fraud")
    assert isinstance(report.outcome, RetryAfter)
    assert (report.outcome.reason, at.serve.puts) == (Reason.AWAITING_EARLIER, [])
    at.staging("a")
    assert at.reconciler.reconcile("production", "fraud").outcome.reason == Reason.HEALTHY


def test_production_refuses_what_staging_holds(at):
    at.staging("a")
    at.approve("a")
    hold(at.forge, "staging", "fraud", digest("a"), "smells", "ann")
    report = at.reconciler.reconcile("production", "fraud")
    assert (report.outcome.reason, report.acts) == (Reason.HELD_EARLIER, (Act.RECORD_OUTCOME,))


def test_production_keeps_what_it_has_when_staging_moves_on(at):
    at.staging("a")
    at.approve("a")
    at.staging("b")
    assert at.reconciler.reconcile("production", "fraud").outcome.reason == Reason.HEALTHY


def test_without_a_verifier_nothing_is_called_healthy(at):
    at.bring("a")
    blind = with_options(at, verifier=None)
    for _ in range(2):
        report = blind.reconciler.reconcile("staging", "fraud")
        assert isinstance(report.outcome, RetryAfter)
        assert report.outcome.reason == Reason.AWAITING_VERIFICATION
    assert at.forge.read_record("staging", "fraud").healthy is None
    assert at.serve.digest("staging-fraud") == digest("a")


def test_a_verifier_finishes_what_was_left_unverified(at):
    at.bring("a")
    with_options(at, verifier=None).reconciler.reconcile("staging", "fraud")
    puts = len(at.serve.puts)
    report = at.reconciler.reconcile("staging", "fraud")
    assert (report.outcome.reason, len(at.serve.puts)) == (Reason.HEALTHY, puts)


def test_a_removed_manifest_removes_the_application(at):
    at.neighbour()
    at.staging("a")
    path = manifest_path("staging", "fraud")
    at.forge.commit(at.forge.head(), {path: None}, "Remove")
    report = at.reconciler.reconcile("staging", "fraud")
    assert (report.outcome.reason, at.serve.puts[-1]["applications"]) == (Reason.REMOVED, [])
    assert at.reconciler.reconcile("staging", "fraud").acts == ()


def test_a_manifest_that_cannot_be_used_leaves_the_running_version_alone(at):
    at.staging("a")
    path = manifest_path("staging", "fraud")
    evil = at.present().replace("serving.app:build", "os:system")
    at.forge.commit(at.forge.head(), {path: evil}, "By hand")
    report = at.reconciler.reconcile("staging", "fraud")
    assert (report.outcome.reason, at.serve.digest("staging-fraud")) == (
        Reason.INVALID,
        digest("a"),
    )
    assert "import_path: got 'os:system'" in report.outcome.message


def test_a_second_reconciler_waits_its_turn_and_says_so(at):
    at.bring("a")
    impatient = with_options(at, lock_timeout=0.05)
    with exclusive(at.lock, 1.0):
        report = impatient.reconciler.reconcile("staging", "fraud")
    assert isinstance(report.outcome, RetryAfter)
    assert (report.outcome.reason, at.serve.puts) == (Reason.LOCKED, [])


def test_two_reconcilers_at_once_make_one_attempt(at):
    at.bring("a")
    passes = [
        threading.Thread(target=at.reconciler.reconcile, args=("staging", "fraud"))
        for _ in range(2)
    ]
    for one in passes:
        one.start()
    for one in passes:
        one.join()
    assert len(at.serve.puts) == 1
    assert at.reconciler.reconcile("staging", "fraud").outcome.reason == Reason.HEALTHY


def test_every_replica_must_name_the_digest(at):
    at.bring("a", replicas=3)
    report = at.reconciler.reconcile("staging", "fraud")
    assert report.outcome.reason == Reason.HEALTHY
    assert at.serve.puts[-1]["applications"][0]["deployments"][0]["num_replicas"] == 3


def test_targets_come_in_the_order_of_the_environments(at):
    at.staging("a")
    at.approve("a")
    at.forge.commit(at.forge.head(), {manifest_path("staging", "fraud"): None}, "Remove")
    assert at.reconciler.targets() == [("staging", "fraud"), ("production", "fraud")]


def test_the_plan_changes_nothing(at):
    at.bring("a")
    decided = at.reconciler.plan("staging", "fraud")
    assert decided.acts == ATTEMPT[:-1]
    assert at.forge.read_record("staging", "fraud") is None
    assert at.serve.puts == []

"""The reconciler on a real repository and a working system: from a release to healthy and back."""

import threading

from gitops.conditions import Blocked, Reason, RetryAfter, Settled, Verdict
from gitops.holds import held, hold, lift, read_holds
from gitops.lock import exclusive
from gitops.manifest import evidence_path, manifest_path, render, serve_application
from gitops.plan import Act
from tests.support.fake_serve import Application
from tests.support.releases import digest, manifest, patience, with_options

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
    assert [verdict.check for verdict in report.verdicts] == ["ready", "golden", "latency"]
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


def test_a_slow_version_is_taken_back_and_held(at):
    at.staging("a")
    before = at.present()
    slow = at.bring("b", fault_delay_ms=200).revision
    report = at.reconciler.reconcile("staging", "fraud")
    assert report.outcome.reason == Reason.ROLLED_BACK
    assert (report.reverted, at.present()) == (slow, before)
    assert [v.check for v in report.verdicts if not v.passed] == ["latency"]
    assert all(verdict.passed for verdict in report.restored_verdicts)
    holds = read_holds(at.forge, "staging", "fraud", at.forge.head())
    assert "p99 was 205 ms, allowed 150 ms" in held(holds, digest("b")).reason
    assert at.serve.digest("staging-fraud") == digest("a")


def test_the_commit_that_takes_back_names_what_failed(at):
    at.staging("a")
    failed = at.bring("b", fault_delay_ms=200).revision
    report = at.reconciler.reconcile("staging", "fraud")
    commit = at.forge.last_change(manifest_path("staging", "fraud"), report.reverted_to)
    assert commit.revision == report.reverted_to
    assert commit.trailers["Model"] == "fraud"
    assert commit.trailers["Bundle-Digest"] == digest("a")
    assert commit.trailers["Reverts"] == commit.trailers["Failed-Revision"] == failed


def test_the_evidence_goes_back_with_the_manifest(at):
    at.staging("a")
    path = evidence_path("staging", "fraud")
    before = at.forge.read(path, at.forge.head())
    at.staging("b", fault_delay_ms=200)
    assert at.forge.read(path, at.forge.head()) == before


def test_a_wrong_answer_is_taken_back(at):
    at.staging("a")
    at.serve.wrong.add(digest("b"))
    at.bring("b")
    report = at.reconciler.reconcile("staging", "fraud")
    assert report.outcome.reason == Reason.ROLLED_BACK
    assert [v.check for v in report.verdicts if not v.passed] == ["golden"]


def test_a_refused_bundle_is_taken_back_without_waiting(at):
    at.staging("a")
    at.serve.refusals[digest("b")] = "GoldenRowsDiffer: row 0"
    at.bring("b")
    endless = with_options(at, patience=patience(1_000_000))
    report = endless.reconciler.reconcile("staging", "fraud")
    assert report.outcome.reason == Reason.ROLLED_BACK
    assert "GoldenRowsDiffer: row 0" in report.verdicts[0].message
    assert Act.VERIFY not in report.acts[: report.acts.index(Act.REVERT)]


def test_a_version_that_never_gets_ready_is_taken_back_when_the_time_is_over(at):
    at.staging("a")
    at.serve.hanging.add(digest("b"))
    at.bring("b")
    hasty = with_options(at, patience=patience(5))
    assert hasty.reconciler.reconcile("staging", "fraud").outcome.reason == Reason.ROLLED_BACK


def test_a_first_version_that_fails_is_removed(at):
    at.serve.refusals[digest("a")] = "digest differs"
    at.bring("a")
    report = at.reconciler.reconcile("staging", "fraud")
    assert report.outcome.reason == Reason.ROLLED_BACK
    assert at.present() is None
    assert at.reconciler.reconcile("staging", "fraud").acts == ()
    assert at.serve.puts[-1]["applications"] == []


def test_a_failed_revision_is_not_attempted_again(at):
    at.staging("a")
    at.serve.wrong |= {digest("a"), digest("b")}
    at.bring("b")
    assert at.reconciler.reconcile("staging", "fraud").outcome.reason == Reason.STALLED
    puts = len(at.serve.puts)
    report = at.reconciler.reconcile("staging", "fraud")
    assert isinstance(report.outcome, Blocked)
    assert report.outcome.reason == Reason.STALLED
    assert (len(at.serve.puts), report.acts) == (puts, ())


def test_a_stalled_target_goes_on_with_the_next_good_release(at):
    at.staging("a")
    at.serve.wrong |= {digest("a"), digest("b")}
    at.staging("b")
    at.staging("c")
    assert at.serve.digest("staging-fraud") == digest("c")


def test_a_failing_change_of_the_same_bundle_does_not_hold_the_bundle(at):
    at.staging("a")
    at.staging("a", fault_delay_ms=200)
    assert read_holds(at.forge, "staging", "fraud", at.forge.head()) == ()
    assert at.reconciler.reconcile("staging", "fraud").outcome.reason == Reason.ROLLED_BACK


def test_a_held_digest_is_not_attempted_until_it_is_lifted(at):
    at.staging("a")
    at.bring("b")
    hold(at.forge, "staging", "fraud", digest("b"), "smells", "ann")
    report = at.reconciler.reconcile("staging", "fraud")
    assert isinstance(report.outcome, Blocked)
    assert (report.outcome.reason, at.serve.digest("staging-fraud")) == (Reason.HELD, digest("a"))
    lift(at.forge, "staging", "fraud", digest("b"), "ann")
    assert at.reconciler.reconcile("staging", "fraud").outcome.reason == Reason.HEALTHY


def test_a_newer_change_wins_over_the_revert(at):
    at.staging("a")
    at.bring("b", fault_delay_ms=200)

    def release_meanwhile(point: str) -> None:
        if point == "before:revert":
            at.bring("c")

    busy = with_options(at, on_act=release_meanwhile)
    report = busy.reconciler.reconcile("staging", "fraud")
    assert (report.outcome.reason, report.reverted) == (Reason.HEALTHY, None)
    assert at.serve.digest("staging-fraud") == digest("c")


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


def test_a_verifier_without_a_verdict_is_a_failure(at):
    class Silent:
        def verify(self, manifest, route):
            return []

    at.bring("a")
    report = with_options(at, verifier=Silent()).reconciler.reconcile("staging", "fraud")
    assert report.outcome.reason == Reason.ROLLED_BACK
    assert report.verdicts[-1].message == "the verifier gave none"


def test_what_is_restored_is_judged_by_its_own_verifier(at):
    class Kind:
        def verify(self, manifest, route):
            return [Verdict("quick", True, "golden rows", 3.0, 3.0)]

    at.staging("a")
    at.bring("b", fault_delay_ms=200)
    report = with_options(at, restore_verifier=Kind()).reconciler.reconcile("staging", "fraud")
    assert [verdict.check for verdict in report.restored_verdicts] == ["ready", "quick"]


def test_what_the_running_system_lost_is_applied_again(at):
    at.staging("a")
    at.serve.restart()
    report = at.reconciler.reconcile("staging", "fraud")
    assert report.outcome.reason == Reason.HEALED
    assert report.acts == (Act.APPLY, Act.AWAIT_READY, Act.RECORD_OUTCOME)
    assert at.serve.digest("staging-fraud") == digest("a")


def test_an_edit_by_hand_is_put_right(at):
    at.staging("a")
    edited = serve_application(manifest("f"))
    at.serve.applications["staging-fraud"] = Application(edited)
    report = at.reconciler.reconcile("staging", "fraud")
    assert (report.outcome.reason, at.serve.digest("staging-fraud")) == (Reason.HEALED, digest("a"))


def test_self_heal_needs_no_verifier(at):
    at.staging("a")
    at.serve.restart()
    blind = with_options(at, verifier=None)
    assert blind.reconciler.reconcile("staging", "fraud").outcome.reason == Reason.HEALED


def test_a_proven_revision_that_does_not_come_back_is_not_reverted(at):
    at.staging("a")
    at.serve.restart()
    at.serve.hanging.add(digest("a"))
    report = with_options(at, patience=patience(5)).reconciler.reconcile("staging", "fraud")
    assert isinstance(report.outcome, RetryAfter)
    assert (report.outcome.reason, report.reverted) == (Reason.UNHEALTHY, None)


def test_other_peoples_applications_stay(at):
    theirs = {"name": "shop", "route_prefix": "/shop", "import_path": "shop:app"}
    at.serve.applications["shop"] = Application(theirs, status="RUNNING", looks=-1)
    at.bring("a")
    assert at.reconciler.reconcile("staging", "fraud").outcome.reason == Reason.HEALTHY
    assert [app["name"] for app in at.serve.puts[-1]["applications"]] == ["shop", "staging-fraud"]


def test_a_removed_manifest_removes_the_application(at):
    at.staging("a")
    path = manifest_path("staging", "fraud")
    at.forge.commit(at.forge.head(), {path: None}, "Remove")
    report = at.reconciler.reconcile("staging", "fraud")
    assert (report.outcome.reason, at.serve.puts[-1]["applications"]) == (Reason.REMOVED, [])
    assert at.reconciler.reconcile("staging", "fraud").acts == ()


def test_a_model_that_git_never_named_is_left_alone(at):
    at.serve.applications["staging-fraud"] = Application({"name": "staging-fraud"}, looks=-1)
    report = at.reconciler.reconcile("staging", "fraud")
    assert (report.outcome.reason, report.acts) == (Reason.ABSENT, ())
    assert at.forge.read_record("staging", "fraud") is None


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


def test_an_attempt_waits_while_the_running_system_cannot_be_asked(at):
    at.bring("a")
    at.serve.outage = True
    report = at.reconciler.reconcile("staging", "fraud")
    assert isinstance(report.outcome, RetryAfter)
    assert report.outcome.reason == Reason.RUNTIME_UNAVAILABLE
    at.serve.outage = False
    assert at.reconciler.reconcile("staging", "fraud").outcome.reason == Reason.HEALTHY


def test_a_version_is_not_blamed_when_the_system_dies_during_verification(at):
    at.staging("a")
    at.serve.wrong.add(digest("b"))
    at.bring("b")
    at.serve.on_infer = lambda: setattr(at.serve, "outage", True)
    report = at.reconciler.reconcile("staging", "fraud")
    assert (report.outcome.reason, report.reverted) == (Reason.RUNTIME_UNAVAILABLE, None)
    at.serve.on_infer, at.serve.outage = (lambda: None), False
    at.serve.wrong.clear()
    at.serve.restart()
    assert at.reconciler.reconcile("staging", "fraud").outcome.reason == Reason.HEALTHY


def test_verdicts_on_an_application_that_vanished_do_not_count(at):
    at.serve.wrong.add(digest("a"))
    at.bring("a")

    def die_once() -> None:
        at.serve.on_infer = lambda: None
        at.serve.wrong.clear()
        at.serve.restart()

    at.serve.on_infer = die_once
    report = at.reconciler.reconcile("staging", "fraud")
    assert (report.outcome.reason, report.reverted) == (Reason.HEALTHY, None)


def test_a_configuration_that_serve_refuses_is_taken_back(at):
    taken = {"name": "theirs", "route_prefix": "/staging/fraud", "import_path": "x:y"}
    at.serve.applications["theirs"] = Application(taken, status="RUNNING", looks=-1)
    at.bring("a")
    report = at.reconciler.reconcile("staging", "fraud")
    assert report.verdicts[0].check == "apply"
    assert (report.outcome.reason, at.present()) == (Reason.ROLLED_BACK, None)


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

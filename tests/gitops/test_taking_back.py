"""A release that fails is taken back by the reconciler, once, and its digest is held."""

from gitops.acts import COLD_START
from gitops.conditions import Blocked, Reason, Verdict
from gitops.holds import held, read_holds
from gitops.known import Act
from gitops.manifest import evidence_path, manifest_path
from tests.support.fake_serve import Application
from tests.support.releases import digest, patience, with_options


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
    assert [verdict.check for verdict in report.restored_verdicts] == ["ready", COLD_START, "quick"]


def test_a_configuration_that_serve_refuses_is_taken_back(at):
    taken = {"name": "theirs", "route_prefix": "/staging/fraud", "import_path": "x:y"}
    at.serve.applications["theirs"] = Application(taken, status="RUNNING", looks=-1)
    at.bring("a")
    report = at.reconciler.reconcile("staging", "fraud")
    assert report.verdicts[0].check == "apply"
    assert (report.outcome.reason, at.present()) == (Reason.ROLLED_BACK, None)

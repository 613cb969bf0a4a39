"""What the running system lost is put right, and no version is blamed for an outage."""

from gitops.conditions import Reason, RetryAfter
from gitops.known import Act
from gitops.manifest import serve_application
from tests.support.fake_serve import Application
from tests.support.releases import digest, manifest, patience, with_options


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


def test_a_model_that_git_never_named_is_left_alone(at):
    at.serve.applications["staging-fraud"] = Application({"name": "staging-fraud"}, looks=-1)
    report = at.reconciler.reconcile("staging", "fraud")
    assert (report.outcome.reason, report.acts) == (Reason.ABSENT, ())
    assert at.forge.read_record("staging", "fraud") is None


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

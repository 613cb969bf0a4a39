"""Every decision, from facts alone."""

from dataclasses import replace

import pytest

from gitops.conditions import Blocked, Reason, RetryAfter, Settled, Verdict
from gitops.holds import Hold
from gitops.known import Act, Desired, Earlier, Facts
from gitops.manifest import serve_application
from gitops.plan import plan
from gitops.record import DeploymentRecord
from gitops.runtime import LiveModel, ObservedApplication
from tests.support.releases import digest, manifest

WANTED = manifest("a")
TOLD = ObservedApplication("staging-fraud", "RUNNING", config=serve_application(WANTED))
LIVE = LiveModel(True, digest("a"), "1", "t1")
BLANK = DeploymentRecord("staging", "fraud")
BEGUN = replace(BLANK, attempted="r1", applied="r1")
PROVEN = BEGUN.with_proof("r1", digest("a"), "1", "t1", ())
FAILED = replace(BEGUN, failed="r1", verdicts=(Verdict("latency", False, "p99", 412.0, 200.0),))
HELD = Hold(digest("a"), "smells", "t1", "ann")
ATTEMPT = (Act.RECORD_ATTEMPT, Act.APPLY, Act.RECORD_APPLIED, Act.AWAIT_READY)
PROOF = (Act.VERIFY, Act.RECORD_HEALTHY)


def facts(record: DeploymentRecord = BLANK, restores: bool = False, **fields) -> Facts:
    desired = Desired("staging", "fraud", "r1", WANTED, restores=restores)
    return Facts(**({"desired": desired, "record": record} | fields))


def gone(record: DeploymentRecord, **fields) -> Facts:
    return Facts(Desired("staging", "fraud", "r2", None), record, **fields)


def test_a_new_revision_is_attempted_and_proven():
    assert plan(facts()).acts == (*ATTEMPT, *PROOF)


def test_without_a_verifier_it_is_only_attempted():
    assert plan(facts(verifiable=False)).acts == ATTEMPT


@pytest.mark.parametrize(
    ("record", "observed", "acts"),
    [
        (replace(BLANK, attempted="r1"), None, (Act.APPLY, Act.RECORD_APPLIED, Act.AWAIT_READY)),
        (replace(BLANK, attempted="r1"), TOLD, (Act.APPLY, Act.RECORD_APPLIED, Act.AWAIT_READY)),
        (BEGUN, None, (Act.APPLY, Act.RECORD_APPLIED, Act.AWAIT_READY)),
        (BEGUN, TOLD, (Act.AWAIT_READY,)),
    ],
)
def test_an_attempt_that_was_cut_off_goes_on_where_it_was(record, observed, acts):
    assert plan(facts(record, observed=observed)).acts == (*acts, *PROOF)


def test_an_attempt_goes_on_even_if_its_digest_is_held_meanwhile():
    assert plan(facts(BEGUN, observed=TOLD, hold=HELD)).acts == (Act.AWAIT_READY, *PROOF)


def test_what_is_ready_waits_for_somebody_to_verify_it():
    decided = plan(facts(BEGUN, observed=TOLD, live=LIVE, verifiable=False))
    assert decided.acts == ()
    assert isinstance(decided.outcome, RetryAfter)
    assert decided.outcome.reason == Reason.AWAITING_VERIFICATION


def test_what_is_proven_and_live_is_settled():
    decided = plan(facts(PROVEN, observed=TOLD, live=LIVE))
    assert decided.outcome == Settled(Reason.HEALTHY, "version 1 (aaaaaaaaaaaa) is live")


@pytest.mark.parametrize(
    "observed",
    [
        None,
        replace(TOLD, config={}),
        replace(TOLD, config=None),
        replace(TOLD, status="DEPLOY_FAILED"),
    ],
)
def test_what_is_proven_and_lost_is_applied_again(observed):
    assert plan(facts(PROVEN, observed=observed)).acts == (Act.APPLY, Act.AWAIT_READY)


@pytest.mark.parametrize(
    ("observed", "live"),
    [
        (TOLD, None),
        (TOLD, replace(LIVE, digest=digest("b"))),
        (TOLD, replace(LIVE, ready=False)),
        (replace(TOLD, status="DEPLOYING"), LIVE),
        (replace(TOLD, status="UNHEALTHY"), LIVE),
    ],
)
def test_what_is_proven_and_does_not_answer_is_waited_for(observed, live):
    assert plan(facts(PROVEN, observed=observed, live=live)).acts == (Act.AWAIT_READY,)


def test_what_was_applied_again_is_healed():
    decided = plan(facts(PROVEN, observed=TOLD, live=LIVE, done=(Act.APPLY, Act.AWAIT_READY)))
    assert decided.outcome.reason == Reason.HEALED


def test_a_failed_revision_is_taken_back():
    assert plan(facts(FAILED)).acts == (Act.REVERT,)


def test_a_failed_restoration_is_stalled_and_says_what_failed():
    decided = plan(facts(FAILED, restores=True))
    assert isinstance(decided.outcome, Blocked)
    assert decided.outcome.reason == Reason.STALLED
    assert "latency: p99 was 412, allowed 200" in decided.outcome.message


def test_a_restored_revision_stays_marked_as_such():
    decided = plan(facts(PROVEN, restores=True, observed=TOLD, live=LIVE))
    assert decided.outcome.reason == Reason.ROLLED_BACK


def test_a_held_digest_is_not_attempted():
    decided = plan(facts(hold=HELD))
    assert isinstance(decided.outcome, Blocked)
    assert "smells" in decided.outcome.message
    assert "slipway hold fraud --env staging" in decided.outcome.message


def test_a_restoration_is_attempted_though_its_digest_is_held():
    assert plan(facts(restores=True, hold=HELD)).acts == (*ATTEMPT, *PROOF)


def test_a_proven_revision_is_kept_alive_though_its_digest_is_held():
    assert plan(facts(PROVEN, hold=HELD)).acts == (Act.APPLY, Act.AWAIT_READY)


def test_an_earlier_environment_comes_first():
    decided = plan(facts(earlier=(Earlier("test", False, False),)))
    assert isinstance(decided.outcome, RetryAfter)
    assert decided.outcome.message == "aaaaaaaaaaaa was not healthy in test yet"
    assert plan(facts(earlier=(Earlier("test", True, False),))).acts == (*ATTEMPT, *PROOF)


def test_a_hold_in_an_earlier_environment_weighs_more_than_its_proof():
    earlier = (Earlier("one", False, False), Earlier("two", True, True))
    assert plan(facts(earlier=earlier)).outcome == Blocked(
        Reason.HELD_EARLIER, "aaaaaaaaaaaa is held in two"
    )


def test_a_file_that_cannot_be_used_blocks_everything():
    desired = Desired("staging", "fraud", "r1", None, invalid="no good")
    assert plan(facts(PROVEN, desired=desired)).outcome == Blocked(Reason.INVALID, "no good")


def test_a_model_without_manifest_that_was_never_ours_is_left_alone():
    theirs = replace(TOLD, config={"name": "staging-fraud"})
    assert plan(gone(BLANK, observed=theirs)).outcome.reason == Reason.ABSENT


def test_a_model_without_manifest_is_removed():
    assert plan(gone(PROVEN, observed=TOLD)).acts == (Act.REMOVE, Act.RECORD_REMOVED)


def test_a_model_that_is_gone_already_is_only_recorded():
    going = replace(TOLD, status="DELETING", config=None)
    assert plan(gone(PROVEN, observed=going)).acts == (Act.RECORD_REMOVED,)


def test_a_removal_on_record_is_settled():
    removed = PROVEN.with_proof("r2", "", "", "t2", ())
    assert plan(gone(removed)).outcome.reason == Reason.REMOVED

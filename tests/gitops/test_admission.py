"""What a policy asks beyond gates: the right time, long enough before, the right people."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gitops.admission import approve, healthy_for, unapproved, wait_for
from gitops.conditions import Blocked, Reason, RetryAfter, Settled
from gitops.errors import EnvironmentFrozen, NotApproved, StillSoaking, brief
from gitops.holds import hold
from gitops.policy import POLICY_PATH, parse_policy
from gitops.promotion import release
from gitops.record import DeploymentRecord
from gitops.rollback import rollback
from tests.support.releases import POLICY, bring, digest, evidence, manifest

ALWAYS = "freeze: [{from: 2000-01-01T00:00:00Z, until: 2999-01-01T00:00:00Z, reason: audit}]"
PAIR = "approvers: {names: [ann, bob, eve], count: 2}"
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def asking(*lines: str, of: str = "production") -> str:
    """The policy of this repository with more lines for one environment."""
    return POLICY.replace(f"name: {of}\n", f"name: {of}\n" + "".join(f"    {x}\n" for x in lines))


def set_policy(forge, *lines: str, of: str = "production") -> None:
    forge.commit(forge.head(), {POLICY_PATH: asking(*lines, of=of)}, "Ask for more")


def lived(*stretches: tuple[str, int]) -> DeploymentRecord:
    """Staging, where each digest became healthy at an hour of one day."""
    record = DeploymentRecord("staging", "fraud")
    for number, (letter, hour) in enumerate(stretches):
        moment = NOON.replace(hour=hour).isoformat(timespec="seconds")
        record = record.with_proof(f"{number:040}", digest(letter), "1", moment, ())
    return record


@pytest.mark.parametrize(
    ("stretches", "hours"),
    [
        ([], 0),
        ([("a", 9)], 3),
        ([("b", 9), ("a", 11)], 1),
        ([("a", 9), ("a", 11)], 3),
        ([("a", 5), ("b", 9), ("a", 11)], 4),
        ([("a", 5), ("b", 6), ("a", 8)], 4),
        ([("b", 9)], 0),
    ],
)
def test_the_longest_stretch_with_a_digest_counts(stretches, hours):
    assert healthy_for(lived(*stretches), digest("a"), NOON) == timedelta(hours=hours)


def test_a_proof_whose_time_cannot_be_read_counts_for_nothing():
    record = DeploymentRecord("staging", "fraud").with_proof("0" * 40, digest("a"), "1", "t1", ())
    assert healthy_for(record, digest("a"), NOON) == timedelta()


def test_a_release_under_auto_waits_for_the_soak(forge):
    set_policy(forge, "soak: {staging: 2h}")
    forge.commit(
        forge.head(),
        {POLICY_PATH: asking("soak: {staging: 2h}").replace("review", "auto")},
        "Auto",
    )
    forge.write_record(lived(("a", 11)), None)
    wanted = manifest("a", "production")
    with pytest.raises(StillSoaking, match="healthy in staging for another 1 h"):
        release(forge, wanted, evidence(wanted), clock=lambda: NOON)
    later = release(forge, wanted, evidence(wanted), clock=lambda: NOON + timedelta(hours=1))
    assert later.kind == "committed"


def test_a_release_under_auto_is_not_written_in_a_freeze(forge):
    set_policy(forge, ALWAYS, of="staging")
    head = forge.head()
    with pytest.raises(EnvironmentFrozen, match=r"until 2999-01-01T00:00\+00:00 \(audit\)"):
        bring(forge, manifest("a"))
    assert forge.head() == head


def test_a_wait_says_its_reason_and_when_to_look_again(forge):
    soaking = parse_policy(asking("soak: {staging: 90m}")).environment("production")
    forge.write_record(lived(("a", 11)), None)
    found = wait_for(forge, soaking, "fraud", digest("a"), NOON)
    assert (found.reason, found.seconds) == (Reason.SOAKING, 1800)
    assert wait_for(forge, soaking, "fraud", digest("a"), NOON + timedelta(minutes=30)) is None


def test_a_manifest_merged_before_a_freeze_is_applied_after_it(at):
    at.bring("a")
    set_policy(at.forge, ALWAYS, of="staging")
    outcome = at.reconciler.reconcile("staging", "fraud").outcome
    assert isinstance(outcome, RetryAfter)
    assert (outcome.reason, at.serve.puts) == (Reason.FROZEN, [])
    at.forge.commit(at.forge.head(), {POLICY_PATH: POLICY}, "Thaw")
    assert isinstance(at.reconciler.reconcile("staging", "fraud").outcome, Settled)


def test_a_rollback_is_applied_in_a_freeze(at):
    at.staging("a")
    at.staging("b")
    set_policy(at.forge, ALWAYS, of="staging")
    rollback(at.forge, "staging", "fraud", "smells", "ann")
    assert at.reconciler.reconcile("staging", "fraud").outcome.reason == Reason.ROLLED_BACK


def test_a_removal_waits_for_the_end_of_a_freeze(at):
    at.staging("a")
    removed = {manifest("a").path: None, POLICY_PATH: asking(ALWAYS, of="staging")}
    at.forge.commit(at.forge.head(), removed, "Remove by hand")
    assert at.reconciler.reconcile("staging", "fraud").outcome.reason == Reason.FROZEN


def test_what_is_healthy_is_healed_in_a_freeze(at):
    at.staging("a")
    set_policy(at.forge, ALWAYS, of="staging")
    at.runtime.apply([])
    assert at.reconciler.reconcile("staging", "fraud").outcome.reason == Reason.HEALED


def test_a_hold_blocks_also_in_a_freeze(at):
    at.bring("a")
    hold(at.forge, "staging", "fraud", digest("a"), "smells", "ann")
    set_policy(at.forge, ALWAYS, of="staging")
    assert isinstance(at.reconciler.reconcile("staging", "fraud").outcome, Blocked)


def waiting(forge, author: str = ""):
    forge.write_record(lived(("a", 9)), None)
    wanted = manifest("a", "production")
    return release(forge, wanted, evidence(wanted), author).promotion


def test_two_people_approve_before_it_is_merged(forge):
    set_policy(forge, PAIR)
    promotion = waiting(forge)
    with pytest.raises(NotApproved, match="approved by ann, expected 2 of ann, bob, eve"):
        approve(forge, promotion, "ann")
    merged = approve(forge, promotion, "bob")
    assert forge.last_change(manifest("a", "production").path, merged).revision == merged


def test_the_same_person_twice_is_one_approval(forge):
    set_policy(forge, PAIR)
    promotion = waiting(forge)
    for _ in range(2):
        with pytest.raises(NotApproved, match="approved by ann, expected 2"):
            approve(forge, promotion, "ann")


@pytest.mark.parametrize(
    ("by", "author", "problem"),
    [
        ("mallory", "", "'mallory' may not approve for production, expected one of ann"),
        ("ann", "ann", "'ann' opened it and may not approve it"),
    ],
)
def test_a_person_who_may_not_approve_is_refused(forge, by, author, problem):
    set_policy(forge, PAIR.replace("2", "1"))
    with pytest.raises(NotApproved, match=problem):
        approve(forge, waiting(forge, author), by)


def test_who_opened_it_may_approve_where_the_policy_says_so(forge):
    set_policy(forge, "approvers: {names: [ann], author: allowed}")
    promotion = waiting(forge, "ann")
    assert approve(forge, promotion, "ann") == forge.head()


def test_an_approval_of_an_earlier_commit_does_not_count(forge):
    environment = parse_policy(asking(PAIR)).environment("production")
    promotion = waiting(forge)
    forge.set_status(promotion.number, promotion.commit, "approved-by/bob", "success")
    (promotion,) = forge.promotions()
    assert unapproved(environment, promotion, "ann") == ""
    assert "approved by ann" in unapproved(environment, replace(promotion, commit="1" * 40), "ann")


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(hours=1, minutes=30), "1 h 30 min"),
        (timedelta(days=2, minutes=1, seconds=5), "2 d 1 min"),
        (timedelta(milliseconds=20), "1 s"),
    ],
)
def test_a_length_of_time_is_told_in_two_units(length, text):
    assert brief(length) == text

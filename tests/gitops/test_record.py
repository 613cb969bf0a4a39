import json

import pytest

from gitops.conditions import Blocked, Reason, RetryAfter, Settled, Verdict
from gitops.errors import RecordInvalid
from gitops.record import PROOFS_KEPT, DeploymentRecord
from tests.support.releases import digest

BLANK = DeploymentRecord("staging", "fraud")
LATENCY = Verdict("latency", False, "p99", 412.0, 200.0, "ms", "slow")


def proven(record: DeploymentRecord, revision: str, letter: str, now: str) -> DeploymentRecord:
    return record.with_proof(revision, digest(letter), "1", now, (LATENCY,))


def test_a_record_survives_its_text_with_every_outcome():
    outcomes = (
        Settled(Reason.HEALTHY, "fine"),
        RetryAfter(Reason.LOCKED, "busy", 15.0),
        Blocked(Reason.HELD, "no"),
        None,
    )
    for outcome in outcomes:
        record = proven(DeploymentRecord("staging", "fraud", outcome=outcome), "r1", "a", "t1")
        assert DeploymentRecord.from_json(record.to_json()) == record


def test_the_same_record_always_has_the_same_text():
    record = proven(BLANK, "r1", "a", "t1")
    assert DeploymentRecord.from_json(record.to_json()).to_json() == record.to_json()


def test_since_moves_only_with_the_digest():
    first = proven(BLANK, "r1", "a", "t1")
    assert proven(first, "r2", "a", "t2").since == "t1"
    assert proven(first, "r2", "b", "t2").since == "t2"


def test_an_attempt_is_under_way_until_its_end_is_on_record():
    begun = DeploymentRecord("staging", "fraud", attempted="r1")
    assert begun.under_way("r1")
    assert not begun.under_way("r2")
    assert not proven(begun, "r1", "a", "t1").under_way("r1")
    assert not DeploymentRecord("staging", "fraud", attempted="r1", failed="r1").under_way("r1")


def test_a_digest_stays_proven_after_the_next_one():
    record = proven(proven(BLANK, "r1", "a", "t1"), "r2", "b", "t2")
    assert record.proven(digest("a")).revision == "r1"
    assert record.proven(digest("c")) is None


def test_the_history_of_proofs_is_bounded():
    record = BLANK
    for number in range(PROOFS_KEPT + 5):
        record = proven(record, f"r{number}", "a", "t")
    assert len(record.proofs) == PROOFS_KEPT
    assert record.proofs[-1].revision == f"r{PROOFS_KEPT + 4}"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", json.dumps(json.loads(BLANK.to_json()) | {"colour": 1})],
    ids=["empty", "list", "without fields", "another field"],
)
def test_what_another_version_wrote_says_so(text):
    """Each pass ended in a KeyError or TypeError without a word of the record."""
    with pytest.raises(RecordInvalid, match="written by another version of Slipway"):
        DeploymentRecord.from_json(text)

"""What every forge promises of the records of deployments."""

from dataclasses import replace

import pytest

from gitops.conditions import Reason, Settled, Verdict
from gitops.errors import (
    LeaseLost,
    PathRefused,
    RecordMoved,
)
from gitops.lease import Lease, Renewal
from gitops.record import DeploymentRecord
from tests.contracts.changes import change
from tests.support.releases import digest

SOON = "2026-01-01T00:01:00.000+00:00"
HELD = Lease("one", 1, SOON)
RENEWED = Lease("one", 1, SOON, renewals=1)
STOLEN = Lease("two", 2, SOON)


class RecordContract:
    def test_a_record_is_read_as_it_was_written(self, forge):
        head = forge.head()
        record = DeploymentRecord(
            "production",
            "fraud",
            attempted=head,
            verdicts=(Verdict("latency", False, "p99", 412.0, 200.0, "ms", "slow"),),
            outcome=Settled(Reason.HEALTHY, "fine"),
        ).with_proof(head, digest("a"), "3", "2026-01-01T00:00:00+00:00", ())
        forge.write_record(record, None)
        assert forge.read_record("production", "fraud") == record
        assert forge.records() == [record]

    def test_before_the_first_attempt_there_is_no_record(self, forge):
        assert forge.read_record("production", "fraud") is None
        assert forge.records() == []

    def test_a_record_that_another_wrote_is_not_overwritten(self, forge):
        first = DeploymentRecord("production", "fraud", attempted=forge.head())
        forge.write_record(first, None)
        with pytest.raises(RecordMoved, match="fraud in production"):
            forge.write_record(replace(first, version="2"), None)
        with pytest.raises(RecordMoved, match="fraud in production"):
            forge.write_record(replace(first, version="2"), replace(first, version="1"))
        assert forge.read_record("production", "fraud") == first

    def test_a_record_follows_the_one_it_was_read_from(self, forge):
        first = DeploymentRecord("production", "fraud", attempted=forge.head())
        forge.write_record(first, None)
        second = replace(first, healthy=change(forge))
        forge.write_record(second, first)
        assert forge.read_record("production", "fraud") == second

    def test_a_name_that_is_none_is_refused(self, forge):
        with pytest.raises(PathRefused, match="refused"):
            forge.write_record(DeploymentRecord("production", "../main"), None)

    def test_a_lease_is_read_as_it_was_written(self, forge):
        assert forge.read_lease() is None
        forge.write_lease(HELD, None)
        forge.write_lease(RENEWED, HELD)
        assert forge.read_lease() == RENEWED
        assert forge.records() == []

    def test_a_lease_that_another_has_taken_is_lost(self, forge):
        forge.write_lease(HELD, None)
        forge.write_lease(STOLEN, HELD)
        with pytest.raises(LeaseLost, match="lease 1 was taken over"):
            forge.write_lease(RENEWED, HELD)
        with pytest.raises(LeaseLost, match="lease 0 was taken over"):
            forge.write_lease(HELD, None)
        assert forge.read_lease() == STOLEN

    def test_a_record_and_the_lease_move_in_one_step(self, forge):
        forge.write_lease(HELD, None)
        record = DeploymentRecord("production", "fraud", attempted=forge.head())
        forge.write_record(record, None, Renewal(HELD, RENEWED))
        assert (forge.read_record("production", "fraud"), forge.read_lease()) == (record, RENEWED)

    def test_who_lost_the_lease_writes_no_record(self, forge):
        forge.write_lease(HELD, None)
        forge.write_lease(STOLEN, HELD)
        record = DeploymentRecord("production", "fraud", attempted=forge.head())
        with pytest.raises(LeaseLost, match="lease 1 was taken over"):
            forge.write_record(record, None, Renewal(HELD, RENEWED))
        assert (forge.read_record("production", "fraud"), forge.read_lease()) == (None, STOLEN)

    def test_a_record_that_moved_leaves_the_lease_as_it_was(self, forge):
        forge.write_lease(HELD, None)
        first = DeploymentRecord("production", "fraud", attempted=forge.head())
        forge.write_record(first, None)
        with pytest.raises(RecordMoved, match="fraud in production"):
            forge.write_record(replace(first, version="2"), None, Renewal(HELD, RENEWED))
        assert forge.read_lease() == HELD

"""What every forge promises of the records of deployments."""

from dataclasses import replace

import pytest

from gitops.conditions import Reason, Settled, Verdict
from gitops.errors import (
    PathRefused,
    RecordMoved,
)
from gitops.record import DeploymentRecord
from tests.contracts.changes import change
from tests.support.releases import digest


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

"""Two reconcilers on two machines: one acts, the other says who does, and no write gets by."""

from datetime import UTC, datetime, timedelta

import pytest

from gitops.conditions import Reason, RetryAfter
from gitops.errors import LeaseLost, LeaseTaken
from gitops.known import Act
from gitops.lease import SECONDS, SKEW, Lease, tenure
from tests.support.releases import digest, elsewhere, with_options

START = datetime(2026, 1, 1, tzinfo=UTC)


def at_second(second):
    return lambda: START + timedelta(seconds=second)


def test_a_lease_is_taken_renewed_by_use_and_given_back(forge):
    with tenure(forge, "one", at_second(0)) as own:
        own.prove()
        held = forge.read_lease()
        assert (held.holder, held.number, held.renewals) == ("one", 1, 1)
    assert forge.read_lease().holder == ""
    with tenure(forge, "two", at_second(1)) as own:
        assert own.number == 2


def test_the_number_grows_with_each_change_of_hands(forge):
    for number in range(1, 4):
        with tenure(forge, "one", at_second(0)) as own:
            assert own.number == number


def test_a_lease_of_another_is_refused_with_its_name_and_its_end(forge):
    with (
        tenure(forge, "one", at_second(0)),
        pytest.raises(LeaseTaken, match=r"one holds lease 1 until 2026-01-01T00:01:00\.000"),
        tenure(forge, "two", at_second(SECONDS)),
    ):
        raise AssertionError("both have it")


def test_a_lease_is_taken_over_only_once_it_is_over_by_any_clock(forge):
    forge.write_lease(Lease("dead", 7, at_second(60)().isoformat()), None)
    with pytest.raises(LeaseTaken, match="dead"), tenure(forge, "two", at_second(60 + SKEW)):
        raise AssertionError("too early")
    with tenure(forge, "two", at_second(60 + SKEW + 1)) as own:
        assert own.number == 8


def test_a_lease_left_by_a_dead_process_of_the_same_name_is_taken_at_once(forge):
    forge.write_lease(Lease("one", 7, at_second(60)().isoformat()), None)
    with tenure(forge, "one", at_second(0)) as own:
        assert own.number == 8


def test_who_was_overtaken_is_told_by_its_next_use(forge):
    leases = tenure(forge, "one", at_second(0))
    own = leases.__enter__()
    forge.write_lease(Lease("two", 2, at_second(60)().isoformat()), forge.read_lease())
    with pytest.raises(LeaseLost, match="lease 1"):
        own.prove()
    with pytest.raises(LeaseLost, match="lease 1"):
        leases.__exit__(None, None, None)
    assert forge.read_lease().holder == "two"


def test_a_lease_stays_alive_while_its_holder_works(forge):
    with tenure(forge, "one", at_second(0), seconds=0.03):
        first = forge.read_lease()
        deadline = datetime.now(UTC) + timedelta(seconds=60)
        while forge.read_lease() == first:
            assert datetime.now(UTC) < deadline, "nobody renewed it"


def test_a_reconciler_elsewhere_ends_locked_and_says_who_is_at_work(at, tmp_path):
    at.bring("a")
    other = elsewhere(at, tmp_path / "other.lock")
    found = []

    def intrude(point):
        if point == f"before:{Act.VERIFY}":
            found.append(other.reconciler.reconcile("staging", "fraud").outcome)

    report = with_options(at, on_act=intrude).reconciler.reconcile("staging", "fraud")
    assert report.outcome.reason == Reason.HEALTHY
    assert isinstance(found[0], RetryAfter)
    assert found[0].reason == Reason.LOCKED
    assert "holds lease 1 until" in found[0].message
    assert len(at.serve.puts) == 1


@pytest.mark.parametrize("act", [Act.APPLY, Act.RECORD_APPLIED, Act.RECORD_HEALTHY])
def test_a_reconciler_that_was_overtaken_changes_nothing_more(at, act):
    at.bring("a")

    def overtake(point):
        if point == f"before:{act}":
            held = at.forge.read_lease()
            at.forge.write_lease(Lease("two", held.number + 1, held.expires), held)

    report = with_options(at, on_act=overtake).reconciler.reconcile("staging", "fraud")
    assert (report.outcome.reason, at.forge.read_lease().holder) == (Reason.LOCKED, "two")
    assert at.forge.read_record("staging", "fraud").healthy is None
    assert len(at.serve.puts) == (0 if act is Act.APPLY else 1)


def test_a_pass_with_nothing_to_do_takes_no_lease(at):
    at.staging("a")
    before = at.forge.read_lease()
    assert at.reconciler.reconcile("staging", "fraud").outcome.reason == Reason.HEALTHY
    assert at.forge.read_lease() == before
    assert at.serve.digest("staging-fraud") == digest("a")

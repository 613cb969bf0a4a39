"""What was live, since when and why, told from git and the record alone."""

from datetime import UTC, datetime, timedelta

from gitops.history import history, live_at
from gitops.rollback import rollback
from tests.support.releases import digest, with_options


def past(at, environment: str = "staging", count: int = 20):
    return history(at.forge, environment, "fraud", count)


def fates(at) -> list[tuple[str, str, str]]:
    return [(one.version, one.kind, one.fate) for one in past(at)]


class Days:
    """A clock that each look moves on by a day."""

    def __init__(self) -> None:
        self.today = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.today += timedelta(days=1)
        return self.today


def test_a_model_that_git_never_named_has_no_history(at):
    assert past(at) == []


def test_each_release_says_what_it_replaced_and_from_when_to_when_it_was_live(at):
    at = with_options(at, clock=Days())
    at.staging("a")
    at.staging("b")
    second, first = past(at)
    assert (first.version, first.fate, first.replaced) == ("1", "replaced", "")
    assert (second.version, second.fate, second.replaced) == ("2", "live", digest("a"))
    assert first.live_until == second.live_from
    assert second.live_until is None
    assert second.data_version == "cleaned=3"


def test_at_a_time_one_version_was_live_and_before_the_first_none(at):
    at = with_options(at, clock=Days())
    at.staging("a")
    at.staging("b")
    second, first = past(at)
    began, ended = (datetime.fromisoformat(text) for text in (first.live_from, first.live_until))
    assert live_at([second, first], began - timedelta(seconds=1)) is None
    assert live_at([second, first], began) == first
    assert live_at([second, first], ended) == second


def test_a_release_that_failed_was_never_live_and_says_why(at):
    at.staging("a")
    at.staging("b", fault_delay_ms=200)
    back, failed, first = past(at)
    assert (failed.fate, failed.live_from) == ("failed", None)
    assert "p99 was 205 ms, allowed 150 ms" in failed.ended_by
    assert (back.kind, back.by, back.version, back.fate) == ("rollback", "reconciler", "1", "live")
    assert back.replaced == digest("b")
    assert first.fate == "replaced"


def test_a_person_who_rolls_back_is_named_with_the_reason(at):
    at.staging("a")
    at.staging("b")
    rollback(at.forge, "staging", "fraud", "customers complain", "ann")
    at.reconciler.reconcile("staging", "fraud")
    back, taken, _ = past(at)
    assert (taken.fate, taken.ended_by) == ("taken back", "customers complain")
    assert taken.live_until == back.live_from
    assert (back.by, back.why) == ("ann", "customers complain")


def test_a_merged_promotion_names_its_approver_and_its_number(at):
    at.staging("a")
    at.approve("a")
    (change,) = past(at, "production")
    assert (change.kind, change.by, change.fate) == ("promotion", "ann", "pending")
    assert change.why == "Promote fraud 1 (aaaaaaaaaaaa) to production (promotion 1)"


def test_a_change_that_a_newer_one_overtook_was_passed_over(at):
    at.staging("a")
    at.bring("b")
    at.staging("c")
    assert fates(at)[:2] == [("3", "release", "live"), ("2", "release", "passed over")]


def test_a_manifest_that_was_taken_away_by_hand_is_a_removal(at):
    at.staging("a")
    at.neighbour()
    path = "gitops/environments/staging/fraud.yaml"
    at.forge.commit(at.forge.head(), {path: None}, "Stop fraud\n")
    at.reconciler.reconcile("staging", "fraud")
    assert fates(at) == [("", "removal", "live"), ("1", "release", "replaced")]
    assert past(at)[0].why == "Stop fraud"


def test_a_file_that_nobody_can_read_is_a_change_too(at):
    at.staging("a")
    path = "gitops/environments/staging/fraud.yaml"
    at.forge.commit(at.forge.head(), {path: "nonsense\n"}, "Break it\n")
    change = past(at)[0]
    assert (change.version, change.fate, change.replaced) == ("", "pending", digest("a"))


def test_only_so_many_changes_are_told_and_the_oldest_still_knows_what_it_replaced(at):
    for letter in "abc":
        at.staging(letter)
    assert [one.version for one in past(at, count=2)] == ["3", "2"]
    assert past(at, count=2)[-1].replaced == digest("a")

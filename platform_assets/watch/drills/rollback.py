"""The rollback drill: back to the version before and forth again by commits, under requests."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gitops.conditions import Blocked, Settled
from gitops.forge import Forge
from gitops.reconcile import Report
from platform_assets.errors import DrillFailed
from platform_assets.watch.drills.caller import Answer, Caller
from platform_assets.watch.drills.trip import Ground, Trip

ANSWER_SECONDS = 300.0
RETRY_SECONDS = 1.0
Reconcile = Callable[[], Report]


@dataclass(frozen=True)
class Leg:
    """One way: `answered` is s from the commit to the first answer, `proven` to the proof."""

    digest: str
    answered: float
    proven: float


@dataclass(frozen=True)
class Rollback:
    """Both ways, and what the caller met over all of the drill."""

    back: Leg
    forth: Leg
    requests: int
    failures: Sequence[str]

    def sentence(self) -> str:
        return (
            f"back to {self.back.digest[:19]} in {self.back.answered:.2f} s, forth in "
            f"{self.forth.answered:.2f} s; "
            f"{len(self.failures)} of {self.requests:,} requests failed"
        )


def rollback_drill(
    forge: Forge, reconcile: Reconcile, caller: Caller, environment: str, model: str, by: str
) -> Rollback:
    """Go back and forth while `caller` asks; what a drill left that was killed is put right first.

    Raises
    ------
    DrillFailed
        If nothing healthy is live, or a version does not answer in time.
    NothingToRestore
        If no other version was healthy here that is not held.
    """
    trip = Trip.planned(Ground(forge, environment, model, by))
    with caller:
        _answer(caller, trip.live, time.monotonic(), model)
        try:
            back = _leg(trip.back, reconcile, caller, model)
            forth = _leg(trip.forth, reconcile, caller, model)
        finally:
            trip.leave_as_it_was()
    answers = caller.answers
    failures = [one.failure for one in answers if one.failure]
    return Rollback(back, forth, len(answers), failures)


def _leg(change: Callable[[], str], reconcile: Reconcile, caller: Caller, model: str) -> Leg:
    """Commit, have it made so, and wait until the caller is answered by it."""
    began = time.monotonic()
    digest = change()
    report = reconcile()
    while not _settled(report, digest):
        late = time.monotonic() - began > ANSWER_SECONDS
        if late or _wanted(report) != digest or isinstance(report.outcome, Blocked):
            raise DrillFailed(model, "rollback", f"not settled: {report.outcome.message}")
        time.sleep(RETRY_SECONDS)
        report = reconcile()
    proven = time.monotonic() - began
    return Leg(digest, _answer(caller, digest, began, model).answered - began, proven)


def _settled(report: Report, digest: str) -> bool:
    return isinstance(report.outcome, Settled) and _wanted(report) == digest


def _wanted(report: Report) -> str:
    return report.manifest.bundle_digest if report.manifest else ""


def _answer(caller: Caller, digest: str, since: float, model: str) -> Answer:
    answer = caller.wait_for(digest, since, ANSWER_SECONDS)
    if answer is None:
        failures = [one.failure for one in caller.answers if one.failure]
        last = f"; the last failure was {failures[-1]}" if failures else ""
        waited = f"no answer by {digest[:19]} within {ANSWER_SECONDS:.0f} s{last}"
        raise DrillFailed(model, "rollback", waited)
    return answer

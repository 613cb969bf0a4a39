"""The rollback drill: back to the version before and forth again by commits, under requests.

Whatever happens on the way, the version that was live at the beginning is what git says at the end,
unless somebody else's change came in between, which stays.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from gitops.conditions import Blocked, Settled
from gitops.errors import NotHeld, NothingToRestore
from gitops.forge import Forge
from gitops.holds import held, lift, read_holds
from gitops.manifest import manifest_path
from gitops.reconcile import Report
from gitops.record import DeploymentRecord, Proof
from gitops.rollback import REVERTS, digest_at, is_restore, rollback
from platform_assets.errors import DrillFailed
from platform_assets.watch.drills.caller import Answer, Caller

REASON = "rollback drill"
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
    _finish(forge, environment, model, by)
    record = _healthy(forge, environment, model)
    digest, revision, before = record.digest, record.healthy, _before(forge, record)

    def go_back() -> str:
        rollback(forge, environment, model, REASON, by, before.revision)
        return before.digest

    def go_forth() -> str:
        if digest_at(forge, environment, model, forge.head()) != before.digest:
            raise DrillFailed(model, "rollback", "another change came meanwhile, and stays")
        _let_go(forge, environment, model, digest, by)
        rollback(forge, environment, model, REASON, by, revision)
        return digest

    def leave_as_it_was() -> None:
        if digest_at(forge, environment, model, forge.head()) == before.digest:
            go_forth()
        for one in (digest, before.digest):
            _let_go(forge, environment, model, one, by)

    with caller:
        _answer(caller, digest, time.monotonic(), model)
        try:
            back = _leg(go_back, reconcile, caller, model)
            forth = _leg(go_forth, reconcile, caller, model)
        finally:
            leave_as_it_was()
    answers = caller.answers
    failures = [one.failure for one in answers if one.failure]
    return Rollback(back, forth, len(answers), failures)


def _finish(forge: Forge, environment: str, model: str, by: str) -> None:
    """What a drill left that was killed: its holds, and a way back that no way forth followed."""
    head = forge.head()
    holds = read_holds(forge, environment, model, head)
    ours = [one.digest for one in holds if one.reason == REASON]
    for one in ours:
        _let_go(forge, environment, model, one, by)
    last = forge.last_change(manifest_path(environment, model), head)
    if last is None or not is_restore(last):
        return
    revision, present = last.trailers[REVERTS], digest_at(forge, environment, model, head)
    if digest_at(forge, environment, model, revision) in ours:
        rollback(forge, environment, model, REASON, by, revision)
        _let_go(forge, environment, model, present, by)


def _healthy(forge: Forge, environment: str, model: str) -> DeploymentRecord:
    """The record of what is live, if it is healthy, what git names, and not held."""
    record, head = forge.read_record(environment, model), forge.head()
    if record is None or not record.healthy or not record.digest:
        raise DrillFailed(model, "rollback", f"nothing healthy is live in {environment}")
    if digest_at(forge, environment, model, head) != record.digest:
        raise DrillFailed(model, "rollback", f"{environment} is on its way to another version")
    hold = held(read_holds(forge, environment, model, head), record.digest)
    if hold:
        raise DrillFailed(model, "rollback", f"what is live is held: {hold.reason}")
    return record


def _before(forge: Forge, record: DeploymentRecord) -> Proof:
    """The newest version but the live one that was proven here and is not held."""
    holds = read_holds(forge, record.environment, record.model, forge.head())
    for proof in reversed(record.proofs):
        if proof.digest not in ("", record.digest) and not held(holds, proof.digest):
            return proof
    raise NothingToRestore(
        record.environment, record.model, "nothing else was healthy here that is not held"
    )


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


def _let_go(forge: Forge, environment: str, model: str, digest: str, by: str) -> None:
    """Lift the hold that a drill set; one with another reason is somebody's, and stays."""
    hold = held(read_holds(forge, environment, model, forge.head()), digest)
    if hold and hold.reason == REASON:
        with suppress(NotHeld):
            lift(forge, environment, model, digest, by)

"""The acts of a plan: whatever a pass changes, it changes here, and a hook sees it coming."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import Enum
from typing import Any, TypeAlias

from gitops.conditions import Blocked, Outcome, Reason, RetryAfter, Verdict
from gitops.errors import ApplyRefused
from gitops.known import Act, Facts
from gitops.lease import Tenure
from gitops.manifest import ReleaseManifest, application_name
from gitops.notify import notice_of
from gitops.pacing import concluded, is_news, unchanged
from gitops.readiness import await_ready
from gitops.record import DeploymentRecord
from gitops.rollback import Restore, restore
from gitops.stepping import decide, look
from gitops.walk import Walk, wanted
from gitops.workplace import Outside, Progress

UNHEALTHY_DELAY = 30.0
BY = "reconciler"
COLD_START = "cold_start"


class Turn(Enum):
    """How a pass goes on after an act."""

    GO_ON = "go on"
    LOOK_AGAIN = "look again"


Answer: TypeAlias = Turn | Outcome


class Actor:
    """Carries out the acts of one plan, on the facts the plan was made from."""

    def __init__(self, outside: Outside, tenure: Tenure, facts: Facts, progress: Progress) -> None:
        self._outside, self._tenure, self._progress = outside, tenure, progress
        self._facts, self._desired, self._record = facts, facts.desired, facts.record
        self._verdicts: tuple[Verdict, ...] = ()

    def perform(self, acts: Sequence[Act]) -> Outcome | None:
        """Do the acts in order; an outcome ends the pass, None asks for a new look."""
        for act in acts:
            answer = self.do(act)
            if answer is Turn.LOOK_AGAIN:
                return None
            if not isinstance(answer, Turn):
                return answer
        return None

    def do(self, act: Act) -> Answer:
        self._outside.on_act(f"before:{act}")
        answer: Answer = _METHODS[act](self)
        self._progress.done.append(act)
        self._outside.on_act(f"after:{act}")
        return answer

    def record_outcome(self, outcome: Outcome) -> Outcome:
        """Keep how the pass ended, unless the record says so; then tell who wants to know."""
        before, revision, now = self._record, self._desired.revision, self._outside.clock()
        if not worth_keeping(self._facts, outcome, now):
            return unchanged(before, outcome)
        self._next = concluded(before, outcome, revision, self._facts.around.pace, now)
        self.do(Act.RECORD_OUTCOME)
        notice = notice_of(before, self._next, self._now())
        if notice:
            self._outside.tell(notice)
        return self._next.outcome or outcome

    def _record_outcome(self) -> Answer:
        return self._write(self._next)

    def _record_attempt(self) -> Answer:
        begun = replace(self._record, attempted=self._desired.revision, verdicts=())
        return self._write(replace(begun, step=0, step_since=""))

    def _apply(self) -> Answer:
        self._progress.told = self._outside.clock()
        try:
            self._tell([wanted(self._manifest, self._facts.walk)])
        except ApplyRefused as error:
            return self._not_ready(
                Verdict("apply", False, "status", error.status, 200, message=error.answer)
            )
        return Turn.GO_ON

    def _remove(self) -> Answer:
        self._tell([])
        return Turn.GO_ON

    def _record_applied(self) -> Answer:
        # Whatever ran before, its replicas know nothing of what they are told now.
        told = replace(self._record, applied=self._desired.revision, step_since="")
        return self._write(told)

    def _await_ready(self) -> Answer:
        patience, timeout = self._outside.patience, self._facts.around.pace.timeout
        if timeout is not None:
            patience = replace(patience, timeout=timeout)
        verdict = await_ready(self._outside.runtime, self._manifest, patience, self._facts.walk)
        if verdict is None:
            return Turn.LOOK_AGAIN
        if not verdict.passed:
            return self._not_ready(verdict)
        self._verdicts = (verdict, *self._cold_start(patience.timeout))
        return Turn.GO_ON

    def _begin_step(self) -> Answer:
        return self._write(replace(self._record, step_since=self._moment()))

    def _cold_start(self, allowed: float) -> tuple[Verdict, ...]:
        """How long it took from being told to being ready, if that was in this pass."""
        if self._progress.told is None:
            return ()
        seconds = (self._outside.clock() - self._progress.told).total_seconds()
        metric = "seconds until it was ready, golden rows answered"
        return (Verdict(COLD_START, True, metric, round(seconds, 3), allowed, "s"),)

    def _analyse(self) -> Answer:
        walk, outside = self._walk, self._outside
        policy = self._manifest.canary
        if policy is None:
            raise AssertionError("no plan walks without a policy")
        begun = datetime.fromisoformat(self._record.step_since)
        seconds = (outside.clock() - begun).total_seconds()
        analysis = look(outside.runtime, walk, policy, seconds, outside.replayer)
        self._progress.analyses.append(analysis)
        decision = decide(policy, analysis)
        if decision.kind == "wait":
            return RetryAfter(Reason.CANARY, analysis.sentence(), decision.seconds)
        if decision.kind == "advance":
            self.do(Act.RECORD_STEP)
            return Turn.LOOK_AGAIN
        self._verdicts = analysis.verdicts
        return self._fail() if self._still_told() else Turn.LOOK_AGAIN

    def _record_step(self) -> Answer:
        return self._write(replace(self._record, step=self._record.step + 1, step_since=""))

    def _verify(self) -> Answer:
        verifier = self._outside.verifier
        if self._desired.restores and self._outside.restore_verifier:
            verifier = self._outside.restore_verifier
        given = tuple(verifier.verify(self._manifest, self._manifest.route)) if verifier else ()
        named = {verdict.check for verdict in given}
        ours = (verdict for verdict in self._verdicts if verdict.check not in named)
        self._verdicts = (*ours, *(given or (_NO_VERDICT,)))
        if all(verdict.passed for verdict in self._verdicts):
            return Turn.GO_ON
        # Verdicts on something that vanished meanwhile say nothing about the revision.
        return self._fail() if self._still_told() else Turn.LOOK_AGAIN

    def _record_healthy(self) -> Answer:
        manifest, now = self._manifest, self._now()
        self._keep_verdicts()
        return self._write(
            self._record.with_proof(
                self._desired.revision,
                manifest.bundle_digest,
                manifest.model_version,
                now,
                self._verdicts,
            )
        )

    def _record_failed(self) -> Answer:
        self._keep_verdicts()
        failed = replace(self._record, failed=self._desired.revision, verdicts=self._verdicts)
        return self._write(failed)

    def _record_removed(self) -> Answer:
        revision = self._desired.revision
        removed = self._record.with_proof(revision, "", "", self._now(), ())
        return self._write(replace(removed, attempted=revision, applied=revision))

    def _revert(self) -> Answer:
        desired, record, forge = self._desired, self._record, self._outside.forge
        self._tenure.prove()
        head = forge.head()
        order = Restore(
            environment=desired.environment,
            model=desired.model,
            bad=desired.revision,
            good=self._facts.healthy.revision,
            reason=record.failure,
            by=BY,
            failed=True,
        )
        restored = restore(forge, order, self._outside.clock)
        if restored == head:
            message = f"the last healthy revision is the same and fails now: {record.failure}"
            return Blocked(Reason.STALLED, message)
        if restored is not None:
            self._progress.reverted, self._progress.reverted_to = desired.revision, restored
        return Turn.LOOK_AGAIN

    @property
    def _manifest(self) -> ReleaseManifest:
        if self._desired.manifest is None:
            raise AssertionError("no act of a plan without manifest asks for one")
        return self._desired.manifest

    @property
    def _walk(self) -> Walk:
        if self._facts.walk is None:
            raise AssertionError("no plan analyses without a candidate")
        return self._facts.walk

    def _tell(self, ours: Sequence[Mapping[str, Any]]) -> None:
        """Declare our application (or none) among those that others have declared."""
        name = application_name(self._desired.environment, self._desired.model)
        observed = self._outside.runtime.observe()
        others = [
            application.config
            for key, application in sorted(observed.items())
            if key != name and application.config is not None
        ]
        self._tenure.prove()
        self._outside.runtime.apply([*others, *ours])

    def _still_told(self) -> bool:
        observed = self._outside.runtime.observe().get(self._manifest.application)
        return observed is not None and observed.config == wanted(self._manifest, self._facts.walk)

    def _not_ready(self, verdict: Verdict) -> Answer:
        if not self._record.under_way(self._desired.revision):
            return RetryAfter(Reason.UNHEALTHY, verdict.sentence(), UNHEALTHY_DELAY)
        self._verdicts = (verdict,)
        return self._fail()

    def _fail(self) -> Answer:
        self.do(Act.RECORD_FAILED)
        return Turn.LOOK_AGAIN

    def _keep_verdicts(self) -> None:
        if self._desired.restores:
            self._progress.restored_verdicts = self._verdicts
        else:
            self._progress.verdicts = self._verdicts

    def _write(self, record: DeploymentRecord) -> Answer:
        blank = DeploymentRecord(record.environment, record.model)
        expected = None if self._record == blank else self._record
        with self._tenure.renewal() as renewal:
            self._outside.forge.write_record(record, expected, renewal)
        self._record = record
        return Turn.GO_ON

    def _moment(self) -> str:
        return self._outside.clock().isoformat(timespec="milliseconds")

    def _now(self) -> str:
        return self._outside.clock().isoformat(timespec="seconds")


def worth_keeping(facts: Facts, outcome: Outcome, now: datetime) -> bool:
    """Is an outcome news, of a target that git or a record knows?"""
    known = facts.record.attempted or facts.desired.revision
    return bool(known) and is_news(facts.record, outcome, facts.desired.revision, now)


_NO_VERDICT = Verdict(
    "verification",
    passed=False,
    metric="verdicts",
    observed=None,
    threshold=None,
    message="the verifier gave none",
)

_METHODS: Mapping[Act, Callable[[Actor], Answer]] = {
    act: getattr(Actor, f"_{act.name.lower()}") for act in Act
}

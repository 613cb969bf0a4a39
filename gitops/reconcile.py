"""One pass for one environment and model: gather facts, decide, act, until nothing is left."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from gitops.acts import Actor, worth_keeping
from gitops.conditions import Blocked, Outcome, Reason, RetryAfter, Verdict
from gitops.errors import (
    CommitUnsigned,
    Contention,
    ForgeUnavailable,
    Interrupted,
    LeaseLost,
    LeaseTaken,
    RecordMoved,
    RuntimeUnavailable,
)
from gitops.facts import Target, from_git, targets, with_runtime
from gitops.forge import Forge
from gitops.holds import Clock, now
from gitops.known import Act, Facts
from gitops.lease import SECONDS, Tenure, tenure
from gitops.lock import Busy, exclusive
from gitops.manifest import ReleaseManifest
from gitops.notify import Tell, silent
from gitops.observed import difference_to_git
from gitops.pace import DEFAULT_PACE, Pace
from gitops.pacing import is_behind, seconds_left
from gitops.plan import Plan, plan
from gitops.readiness import Patience
from gitops.runtime import Runtime, Verifier
from gitops.stepping import Analysis, Replayer
from gitops.workplace import Outside, Progress

ROUNDS = 10
SOON, LATER = 5.0, 15.0


@dataclass(frozen=True)
class Report:
    """What one pass found and did.

    `verdicts` are those of the attempt made in this pass; where it failed, `reverted` is its
    revision, `reverted_to` the commit that took it back, `restored_verdicts` the verdicts on what
    was restored; `analyses` are the looks at steps of a canary. `manifest` and `revision` are what
    git wants at the end of the pass (empty: git never named one); `interval` is how often the
    environment is looked at, in seconds.
    """

    environment: str
    model: str
    outcome: Outcome
    revision: str = ""
    manifest: ReleaseManifest | None = None
    acts: tuple[Act, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    restored_verdicts: tuple[Verdict, ...] = ()
    reverted: str | None = None
    reverted_to: str | None = None
    analyses: tuple[Analysis, ...] = ()
    interval: float = DEFAULT_PACE.interval

    @property
    def next_look(self) -> float:
        """Seconds until another pass makes sense, unless git changes before."""
        if not isinstance(self.outcome, RetryAfter):
            return self.interval
        # A step of a canary may last for hours, and git may say something else before.
        longest = self.interval if self.outcome.reason == Reason.CANARY else math.inf
        return min(self.outcome.seconds, longest)


class Reconciler:
    """Makes the running system what git says, one environment and model at a time.

    Level-triggered: a pass needs to know nothing of earlier ones but git and its records, so a
    crash anywhere is mended by the next pass. Without a `verifier` nothing is ever called healthy.
    `restore_verifier` (default: `verifier`) judges what was restored after a failure. `lock` is a
    file; passes on this machine take turns by it, waiting up to `lock_timeout` seconds. Those of
    other machines are kept apart by the lease in the repository, which a pass that has something
    to do or to keep holds, `lease_seconds` at a time. `on_act` hears `before:<act>` and
    `after:<act>`, and may raise Interrupted to end the pass there. `pace` is for environments whose
    policy leaves it open. `replayer` makes up for traffic that a canary lacks.
    """

    def __init__(
        self,
        forge: Forge,
        runtime: Runtime,
        verifier: Verifier | None,
        lock: Path,
        *,
        restore_verifier: Verifier | None = None,
        patience: Patience | None = None,
        lock_timeout: float = 900.0,
        clock: Clock = now,
        on_act: Callable[[str], None] = lambda _: None,
        lease_seconds: float = SECONDS,
        tell: Tell = silent,
        pace: Pace = DEFAULT_PACE,
        replayer: Replayer | None = None,
    ) -> None:
        self._outside = Outside(
            forge,
            runtime,
            verifier,
            restore_verifier,
            patience or Patience(),
            clock,
            on_act,
            tell,
            replayer,
        )
        self._lock, self._lock_timeout, self._lease_seconds = lock, lock_timeout, lease_seconds
        self._pace = pace

    def targets(self) -> list[Target]:
        """Every environment and model to look after, the earliest environment first."""
        return targets(self._outside.forge)

    def plan(self, environment: str, model: str) -> Plan:
        """What the next step would be; changes nothing."""
        try:
            return self._decide(self._git((environment, model), Progress()))
        except ForgeUnavailable as error:
            return Plan(outcome=_unavailable(error))

    def due(self, environment: str, model: str) -> Plan:
        """The plan of a pass that is worth while now.

        Without acts while a target that failed is to be left alone. Where nothing is left to do
        and the record does not say so, such as after trouble that went by itself, the act is to
        record it.
        """
        try:
            facts = self._look((environment, model), Progress())
        except (RuntimeUnavailable, ForgeUnavailable) as error:
            return Plan(outcome=_unavailable(error))
        decided, record, revision = plan(facts), facts.record, facts.desired.revision
        if decided.outcome:
            behind = is_behind(record, decided.outcome, revision)
            return Plan((Act.RECORD_OUTCOME,)) if behind else decided
        left = seconds_left(record, revision, self._outside.clock())
        if not left or not isinstance(record.outcome, RetryAfter):
            return decided
        return Plan(outcome=replace(record.outcome, seconds=left))

    def reconcile(self, environment: str, model: str) -> Report:
        """Do whatever can be done now; what stands in the way becomes the report's outcome.

        Raises
        ------
        ForgeError
            The repository itself cannot be used. Whatever the verifier raises passes through too;
            the attempt is then still under way and the next pass goes on with it.
        """
        try:
            return self._idle((environment, model)) or self._locked((environment, model))
        except Busy:
            message = f"another reconciler has held {self._lock} for {self._lock_timeout:.0f} s"
        except (LeaseTaken, LeaseLost) as error:
            message = str(error)
        except ForgeUnavailable as error:
            return Report(environment, model, _unavailable(error))
        return Report(environment, model, RetryAfter(Reason.LOCKED, message, LATER))

    def _idle(self, target: Target) -> Report | None:
        """The report where there is neither anything to do nor anything new to keep."""
        facts = self._git(target, Progress())
        outcome = self._decide(facts).outcome
        if outcome is None or worth_keeping(facts, outcome, self._outside.clock()):
            return None
        return _report(facts, facts.record.outcome or outcome, Progress())

    def _locked(self, target: Target) -> Report:
        clock = self._outside.clock
        with (
            exclusive(self._lock, self._lock_timeout) as name,
            tenure(self._outside.forge, name, clock, self._lease_seconds) as own,
        ):
            return self._pass(target, own)

    def _pass(self, target: Target, own: Tenure) -> Report:
        progress = Progress()
        try:
            return self._to_its_end(target, own, progress)
        except Interrupted as error:
            stopped = RetryAfter(Reason.STOPPED, str(error), SOON)
            return _report(self._git(target, progress), stopped, progress)

    def _to_its_end(self, target: Target, own: Tenure, progress: Progress) -> Report:
        outcome = self._rounds(target, own, progress)
        facts = self._git(target, progress)
        try:
            outcome = Actor(self._outside, own, facts, progress).record_outcome(outcome)
        except RecordMoved as error:
            outcome = RetryAfter(Reason.CONTENDED, str(error), SOON)
        return _report(facts, outcome, progress)

    def _rounds(self, target: Target, own: Tenure, progress: Progress) -> Outcome:
        try:
            for _ in range(ROUNDS):
                facts = self._look(target, progress)
                progress.drift = progress.drift or difference_to_git(facts)
                decided = plan(replace(facts, drift=progress.drift))
                outcome = decided.outcome or Actor(self._outside, own, facts, progress).perform(
                    decided.acts
                )
                if outcome:
                    return outcome
        except RuntimeUnavailable as error:
            return _unavailable(error)
        except CommitUnsigned as error:
            return Blocked(Reason.UNSIGNED, str(error))
        except (RecordMoved, Contention) as error:
            return RetryAfter(Reason.CONTENDED, str(error), SOON)
        message = f"git or the running system kept changing for {ROUNDS} looks"
        return RetryAfter(Reason.CONTENDED, message, SOON)

    def _decide(self, facts: Facts) -> Plan:
        try:
            return plan(with_runtime(self._outside.runtime, facts))
        except RuntimeUnavailable as error:
            return Plan(outcome=_unavailable(error))

    def _look(self, target: Target, progress: Progress) -> Facts:
        return with_runtime(self._outside.runtime, self._git(target, progress))

    def _git(self, target: Target, progress: Progress) -> Facts:
        verifiable = self._outside.verifier is not None
        return from_git(
            self._outside.forge,
            target,
            now=self._outside.clock(),
            verifiable=verifiable,
            done=progress.done,
            pace=self._pace,
        )


def _report(facts: Facts, outcome: Outcome, progress: Progress) -> Report:
    return Report(
        facts.desired.environment,
        facts.desired.model,
        outcome=outcome,
        revision=facts.desired.revision,
        manifest=facts.desired.manifest,
        acts=tuple(progress.done),
        verdicts=progress.verdicts,
        restored_verdicts=progress.restored_verdicts,
        reverted=progress.reverted,
        reverted_to=progress.reverted_to,
        analyses=tuple(progress.analyses),
        interval=facts.around.pace.interval,
    )


def _unavailable(error: RuntimeUnavailable | ForgeUnavailable) -> Outcome:
    away = isinstance(error, ForgeUnavailable)
    reason = Reason.REPOSITORY_UNAVAILABLE if away else Reason.RUNTIME_UNAVAILABLE
    return RetryAfter(reason, str(error), LATER)


__all__ = ["Reconciler", "Report", "Verifier"]

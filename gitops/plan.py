"""What to do next for one environment and model: decided from facts alone, by pure functions."""

from dataclasses import dataclass

from gitops.conditions import Blocked, Outcome, Reason, RetryAfter, Settled
from gitops.known import Act, Facts
from gitops.manifest import ReleaseManifest
from gitops.objections import objection_to_release, objection_to_removal
from gitops.observed import answers, as_told, difference_to_git, is_ours, serves_step
from gitops.suspension import Suspension

VERIFICATION_DELAY = 15.0


@dataclass(frozen=True)
class Plan:
    """The acts of the next step, in order; without acts the pass ends with `outcome`."""

    acts: tuple[Act, ...] = ()
    outcome: Outcome | None = None


def plan(facts: Facts) -> Plan:
    """Decide the next step; the first rule that has something to say decides."""
    if facts.desired.invalid:
        return Plan(outcome=Blocked(Reason.INVALID, facts.desired.invalid))
    if facts.around.suspension:
        return Plan(outcome=_suspended(facts, facts.around.suspension))
    if facts.unsigned:
        return Plan(outcome=Blocked(Reason.UNSIGNED, facts.unsigned))
    if facts.unable and not _begun(facts):
        return Plan(outcome=Blocked(Reason.UNSIGNED, facts.unable))
    if facts.desired.manifest is None:
        return _without_manifest(facts)
    return _for_manifest(facts, facts.desired.manifest)


def _begun(facts: Facts) -> bool:
    """What was begun with a key at hand, or before the policy wanted one, is brought to its end."""
    return facts.desired.revision in (facts.record.attempted, facts.record.healthy)


def _for_manifest(facts: Facts, manifest: ReleaseManifest) -> Plan:
    revision, record = facts.desired.revision, facts.record
    if revision == record.healthy:
        return _keep(facts, manifest)
    if revision == record.failed:
        return _take_back(facts, manifest)
    if _lacks_stable(facts, manifest):
        return Plan(outcome=Blocked(Reason.HISTORY_LOST, f"no canary: {facts.healthy.lost}"))
    if record.under_way(revision):
        return _go_on(facts, manifest)
    blocked = None if facts.desired.restores else objection_to_release(facts, manifest)
    if blocked:
        return Plan(outcome=blocked)
    return Plan(
        (Act.RECORD_ATTEMPT, Act.APPLY, Act.RECORD_APPLIED, Act.AWAIT_READY, *_proof(facts))
    )


def _lacks_stable(facts: Facts, manifest: ReleaseManifest) -> bool:
    """Should a canary stand beside something that is nowhere to be found?"""
    another = manifest.bundle_digest != facts.record.digest
    canary = manifest.canary is not None and not facts.desired.restores
    return bool(facts.healthy.lost and canary and another)


def _without_manifest(facts: Facts) -> Plan:
    desired, record = facts.desired, facts.record
    if not desired.revision or record.attempted is None:
        return Plan(outcome=Settled(Reason.ABSENT, "git names no manifest"))
    if facts.waiting and not desired.restores and record.healthy != desired.revision:
        return Plan(outcome=facts.waiting)
    if is_ours(facts.observed):
        kept = objection_to_removal(facts)
        return Plan(outcome=kept) if kept else Plan((Act.REMOVE, Act.RECORD_REMOVED))
    if record.healthy != desired.revision:
        return Plan((Act.RECORD_REMOVED,))
    reason = Reason.ROLLED_BACK if desired.restores else Reason.REMOVED
    return Plan(outcome=Settled(reason, f"nothing is served since {desired.revision[:12]}"))


def _keep(facts: Facts, manifest: ReleaseManifest) -> Plan:
    given_up = facts.observed is not None and facts.observed.status == "DEPLOY_FAILED"
    if given_up or not as_told(facts, manifest):
        if facts.around.pace.self_heal == "report":
            message = f"not as git says: {difference_to_git(facts)}"
            return Plan(outcome=Blocked(Reason.DRIFTED, message))
        return Plan((Act.APPLY, Act.AWAIT_READY))
    if not answers(facts, manifest):
        return Plan((Act.AWAIT_READY,))
    what = f"version {manifest.model_version} ({manifest.bundle_digest[7:19]}) is live"
    if Act.APPLY in facts.done and Act.RECORD_HEALTHY not in facts.done:
        found = f"; before: {facts.drift}" if facts.drift else ""
        return Plan(outcome=Settled(Reason.HEALED, f"{what} again{found}"))
    if facts.desired.restores:
        return Plan(outcome=Settled(Reason.ROLLED_BACK, f"{what}, restored"))
    return Plan(outcome=Settled(Reason.HEALTHY, what))


def _take_back(facts: Facts, manifest: ReleaseManifest) -> Plan:
    if not facts.desired.restores and facts.healthy.lost:
        message = f"{facts.record.failure}; not taken back: {facts.healthy.lost}"
        return Plan(outcome=Blocked(Reason.HISTORY_LOST, message))
    if not facts.desired.restores:
        return Plan((Act.REVERT,))
    return Plan(
        outcome=Blocked(
            Reason.STALLED,
            f"version {manifest.model_version} was restored and failed too: "
            f"{facts.record.failure}; commit a good revision: slipway rollback "
            f"{manifest.model} --env {manifest.environment} --to REVISION",
        )
    )


def _go_on(facts: Facts, manifest: ReleaseManifest) -> Plan:
    if facts.record.applied != facts.desired.revision or not as_told(facts, manifest):
        return Plan((Act.APPLY, Act.RECORD_APPLIED, Act.AWAIT_READY, *_proof(facts)))
    if facts.verifiable or not answers(facts, manifest):
        return Plan((Act.AWAIT_READY, *_proof(facts)))
    return Plan(
        outcome=RetryAfter(
            Reason.AWAITING_VERIFICATION,
            f"version {manifest.model_version} is ready and waits to be verified",
            VERIFICATION_DELAY,
        )
    )


def _suspended(facts: Facts, by: Suspension) -> Outcome:
    desired, found = facts.desired, difference_to_git(facts)
    who = f"suspended by {by.by} since {by.since}: {by.reason}"
    if not found:
        return Settled(Reason.SUSPENDED, who)
    way = f"slipway resume {desired.model} --env {desired.environment}"
    return Blocked(Reason.SUSPENDED, f"{who}; not as git says: {found}; let it go on: {way}")


def _proof(facts: Facts) -> tuple[Act, ...]:
    if facts.walk is not None:
        return (Act.ANALYSE,) if serves_step(facts) else (Act.BEGIN_STEP, Act.ANALYSE)
    return (Act.VERIFY, Act.RECORD_HEALTHY) if facts.verifiable else ()

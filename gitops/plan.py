"""What to do next for one environment and model: decided from facts alone, by pure functions."""

from dataclasses import dataclass, field
from enum import StrEnum

from gitops.conditions import Blocked, Outcome, Reason, RetryAfter, Settled
from gitops.dependencies import Dependency
from gitops.healthy import Healthy
from gitops.holds import Hold
from gitops.manifest import IMPORT_PATH, ReleaseManifest
from gitops.pace import DEFAULT_PACE, Pace
from gitops.record import DeploymentRecord
from gitops.runtime import LiveModel, ObservedApplication
from gitops.suspension import Suspension
from gitops.walk import Walk, walk_of, wanted
from gitops.yaml_text import difference

VERIFICATION_DELAY = 15.0
DEPENDENCY_DELAY = 15.0
EARLIER_DELAY = 60.0


class Act(StrEnum):
    """Everything a pass can do; each is safe to do again after a crash in the middle."""

    RECORD_ATTEMPT = "record-attempt"
    APPLY = "apply"
    REMOVE = "remove"
    RECORD_APPLIED = "record-applied"
    AWAIT_READY = "await-ready"
    BEGIN_STEP = "begin-step"
    ANALYSE = "analyse"
    RECORD_STEP = "record-step"
    VERIFY = "verify"
    RECORD_HEALTHY = "record-healthy"
    RECORD_FAILED = "record-failed"
    RECORD_REMOVED = "record-removed"
    REVERT = "revert"
    RECORD_OUTCOME = "record-outcome"


@dataclass(frozen=True)
class Desired:
    """What git's head says of one environment and model.

    `revision` is the last commit that touched the manifest (empty: never there), `manifest` None
    where git names none, `restores` whether that commit is a rollback, `invalid` why the files
    cannot be used.
    """

    environment: str
    model: str
    revision: str = ""
    manifest: ReleaseManifest | None = None
    restores: bool = False
    invalid: str = ""


@dataclass(frozen=True)
class Earlier:
    """What an earlier environment knows of the desired digest."""

    name: str
    proven: bool
    held: bool


@dataclass(frozen=True)
class Around:
    """What git says of the environment and of how this target is treated.

    `emptied` says that git names no manifest in the environment any more and that nobody has
    confirmed it.
    """

    pace: Pace = DEFAULT_PACE
    suspension: Suspension | None = None
    emptied: bool = False
    dependencies: tuple[Dependency, ...] = ()


@dataclass(frozen=True)
class Facts:
    """All that a decision rests on.

    `hold` is that of the desired digest in this environment; `waiting` is the end of the pass if it
    is too early for anything new; `verifiable` says whether somebody is there to verify an
    endpoint; `done` are the acts of this pass so far, and `drift` what differed from git when it
    began. `healthy` is what a rollback puts back, `stable` its manifest where the desired one has
    a canary; `unsigned` why the revision is not followed for want of a signature, `unable` why
    nothing is begun for want of a key to sign a rollback with.
    """

    desired: Desired
    record: DeploymentRecord
    observed: ObservedApplication | None = None
    live: LiveModel | None = None
    hold: Hold | None = None
    earlier: tuple[Earlier, ...] = ()
    waiting: Outcome | None = None
    verifiable: bool = True
    done: tuple[Act, ...] = ()
    around: Around = Around()
    drift: str = ""
    stable: ReleaseManifest | None = None
    healthy: Healthy = field(default_factory=Healthy)
    unsigned: str = ""
    unable: str = ""

    @property
    def walk(self) -> Walk | None:
        """Where the desired bundle is on its way beside what is stable."""
        if self.desired.restores:
            return None
        desired = self.desired
        return walk_of(self.record, desired.revision, desired.manifest, self.stable)


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
    blocked = None if facts.desired.restores else _objection(facts, manifest)
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
    if _ours(facts.observed):
        kept = _not_removed(facts)
        return Plan(outcome=kept) if kept else Plan((Act.REMOVE, Act.RECORD_REMOVED))
    if record.healthy != desired.revision:
        return Plan((Act.RECORD_REMOVED,))
    reason = Reason.ROLLED_BACK if desired.restores else Reason.REMOVED
    return Plan(outcome=Settled(reason, f"nothing is served since {desired.revision[:12]}"))


def _keep(facts: Facts, manifest: ReleaseManifest) -> Plan:
    given_up = facts.observed is not None and facts.observed.status == "DEPLOY_FAILED"
    if (given_up or not _as_told(facts, manifest)) and facts.around.pace.self_heal == "report":
        return Plan(outcome=Blocked(Reason.DRIFTED, f"not as git says: {drift(facts)}"))
    if given_up or not _as_told(facts, manifest):
        return Plan((Act.APPLY, Act.AWAIT_READY))
    if not _answers(facts, manifest):
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
        message = f"{failure(facts.record)}; not taken back: {facts.healthy.lost}"
        return Plan(outcome=Blocked(Reason.HISTORY_LOST, message))
    if not facts.desired.restores:
        return Plan((Act.REVERT,))
    return Plan(
        outcome=Blocked(
            Reason.STALLED,
            f"version {manifest.model_version} was restored and failed too: "
            f"{failure(facts.record)}; commit a good revision: slipway rollback "
            f"{manifest.model} --env {manifest.environment} --to REVISION",
        )
    )


def _go_on(facts: Facts, manifest: ReleaseManifest) -> Plan:
    if facts.record.applied != facts.desired.revision or not _as_told(facts, manifest):
        return Plan((Act.APPLY, Act.RECORD_APPLIED, Act.AWAIT_READY, *_proof(facts)))
    if facts.verifiable or not _answers(facts, manifest):
        return Plan((Act.AWAIT_READY, *_proof(facts)))
    return Plan(
        outcome=RetryAfter(
            Reason.AWAITING_VERIFICATION,
            f"version {manifest.model_version} is ready and waits to be verified",
            VERIFICATION_DELAY,
        )
    )


def _objection(facts: Facts, manifest: ReleaseManifest) -> Outcome | None:
    digest12, model = manifest.bundle_digest[7:19], manifest.model
    if facts.hold:
        return Blocked(
            Reason.HELD,
            f"{digest12} is held: {facts.hold.reason}; let it go: slipway hold {model} "
            f"--env {manifest.environment} --digest {manifest.bundle_digest} --lift",
        )
    for earlier in facts.earlier:
        if earlier.held:
            return Blocked(Reason.HELD_EARLIER, f"{digest12} is held in {earlier.name}")
    for earlier in facts.earlier:
        if not earlier.proven:
            message = f"{digest12} was not healthy in {earlier.name} yet"
            return RetryAfter(Reason.AWAITING_EARLIER, message, EARLIER_DELAY)
    waited_for = [one.model for one in facts.around.dependencies if not one.healthy]
    if waited_for:
        message = f"{', '.join(waited_for)} not healthy in {manifest.environment} yet"
        return RetryAfter(Reason.AWAITING_DEPENDENCY, message, DEPENDENCY_DELAY)
    return facts.waiting


def drift(facts: Facts) -> str:
    """What is not as git says, by the first key that differs; empty if nothing is."""
    observed, manifest = facts.observed, facts.desired.manifest
    if manifest is None:
        return "an application that git does not name" if _ours(observed) else ""
    if observed is None or observed.config is None:
        return f"there is no application {manifest.application}"
    if observed.status == "DEPLOY_FAILED":
        return f"Serve has given it up: {observed.message}"
    found = difference(wanted(manifest, facts.walk), observed.config)
    return f"{found[0]}: got {found[1]!r}, expected {found[2]}" if found else ""


def _suspended(facts: Facts, by: Suspension) -> Outcome:
    desired, found = facts.desired, drift(facts)
    who = f"suspended by {by.by} since {by.since}: {by.reason}"
    if not found:
        return Settled(Reason.SUSPENDED, who)
    way = f"slipway resume {desired.model} --env {desired.environment}"
    return Blocked(Reason.SUSPENDED, f"{who}; not as git says: {found}; let it go on: {way}")


def _not_removed(facts: Facts) -> Outcome | None:
    desired = facts.desired
    if not facts.around.pace.prune:
        message = f"git names no manifest since {desired.revision[:12]}; the policy keeps it"
        return Settled(Reason.NOT_PRUNED, message)
    if not facts.around.emptied or desired.restores:
        return None
    return Blocked(
        Reason.EMPTIED,
        f"git names no manifest in {desired.environment} any more; put them back by a commit, or "
        f"confirm: slipway prune --env {desired.environment} --confirm",
    )


def failure(record: DeploymentRecord) -> str:
    """Why the last attempt failed, in one line."""
    sentences = [verdict.sentence() for verdict in record.verdicts if not verdict.passed]
    return "; ".join(sentences) or "no verdict is on record"


def _proof(facts: Facts) -> tuple[Act, ...]:
    if facts.walk is not None:
        return (Act.ANALYSE,) if _serves_step(facts) else (Act.BEGIN_STEP, Act.ANALYSE)
    return (Act.VERIFY, Act.RECORD_HEALTHY) if facts.verifiable else ()


def _serves_step(facts: Facts) -> bool:
    """Has the candidate been seen at this step's share, since it was told last?"""
    revision, record, manifest = facts.desired.revision, facts.record, facts.desired.manifest
    told = record.applied == revision and manifest is not None and _as_told(facts, manifest)
    return told and record.attempted == revision and bool(record.step_since)


def _ours(observed: ObservedApplication | None) -> bool:
    """Is it declared, and of the one kind that Slipway declares?"""
    config = observed.config if observed else None
    return config is not None and config.get("import_path") == IMPORT_PATH


def _as_told(facts: Facts, manifest: ReleaseManifest) -> bool:
    return facts.observed is not None and facts.observed.config == wanted(manifest, facts.walk)


def _answers(facts: Facts, manifest: ReleaseManifest) -> bool:
    running = facts.observed is not None and facts.observed.status == "RUNNING"
    live = facts.live
    return bool(running and live and live.ready and live.digest == manifest.bundle_digest)

"""What is so right now: git's head, the record and the running system, for one decision."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from gitops import signed
from gitops.admission import wait_for
from gitops.conditions import Outcome
from gitops.errors import FileInvalid
from gitops.forge import Forge
from gitops.healthy import Healthy, healthy_of, was_at
from gitops.holds import Hold, held, read_holds
from gitops.known import Act, Around, Desired, Earlier, Facts
from gitops.manifest import FOLDER, ReleaseManifest, application_name, manifest_path, parse
from gitops.manifest_rules import NAME
from gitops.pace import DEFAULT_PACE, Pace
from gitops.policy import Policy, load_policy
from gitops.record import DeploymentRecord
from gitops.rollback import is_restore
from gitops.runtime import Runtime
from gitops.surroundings import around

Target = tuple[str, str]


def from_git(
    forge: Forge,
    target: Target,
    *,
    now: datetime,
    verifiable: bool,
    done: Sequence[Act] = (),
    pace: Pace = DEFAULT_PACE,
) -> Facts:
    """The facts that git knows; a file that cannot be used is a fact too.

    `pace` is for environments whose policy leaves it open.
    """
    with forge.one_look():
        facts = _facts(forge, target, now, pace)
    return replace(facts, verifiable=verifiable, done=tuple(done))


def _facts(forge: Forge, target: Target, now: datetime, pace: Pace) -> Facts:
    environment, model = target
    if not (NAME.fullmatch(environment) and NAME.fullmatch(model)):
        return Facts(
            Desired(environment, model, invalid=f"{manifest_path(*target)!r} is no possible name"),
            DeploymentRecord(environment, model),
        )
    head = forge.head()
    record = forge.read_record(environment, model) or DeploymentRecord(environment, model)
    try:
        return _of_files(forge, record, head, now, pace)
    except FileInvalid as error:
        last = forge.last_change(manifest_path(environment, model), head)
        revision = last.revision if last else ""
        desired = Desired(environment, model, revision, invalid=str(error))
        return Facts(desired, record, around=Around(pace))


def _of_files(
    forge: Forge, record: DeploymentRecord, head: str, now: datetime, pace: Pace
) -> Facts:
    desired = _with_revision(_desired(forge, record, head), record, head)
    policy = load_policy(forge, head)
    hold, earlier = _objections(forge, policy, desired, head)
    healthy = healthy_of(forge, record, head)
    return Facts(
        desired,
        record,
        hold=hold,
        earlier=earlier,
        waiting=_waiting(forge, policy, desired, now),
        around=around(forge, policy, desired, record, head, pace),
        stable=_stable(record, desired, healthy),
        healthy=healthy,
        unsigned=_unsigned(forge, policy, desired, record, head),
        unable=signed.inability(forge, policy, record.environment),
    )


def with_runtime(runtime: Runtime, facts: Facts) -> Facts:
    """The same facts with what runs; RuntimeUnavailable if nobody can be asked."""
    desired = facts.desired
    observed = runtime.observe().get(application_name(desired.environment, desired.model))
    manifest = desired.manifest
    live = runtime.live(manifest.route) if manifest and observed else None
    return replace(facts, observed=observed, live=live)


def targets(forge: Forge) -> list[Target]:
    """Every environment and model that git names or that was attempted once.

    Environments come in the order of the policy, models by name. PolicyInvalid without a policy.
    """
    with forge.one_look():
        head = forge.head()
        order = load_policy(forge, head).names
        named = {target for path in forge.paths(FOLDER, head) if (target := target_of(path))}
        known = {(record.environment, record.model) for record in forge.records()}
    last = len(order)
    return sorted(
        named | known,
        key=lambda target: (
            order.index(target[0]) if target[0] in order else last,
            target,
        ),
    )


def target_of(path: str) -> Target | None:
    """The environment and model of a manifest's path; None for other files."""
    parts = path.removeprefix(f"{FOLDER}/").split("/")
    if len(parts) != 2 or not parts[1].endswith(".yaml"):
        return None
    return parts[0], parts[1].removesuffix(".yaml")


def _desired(forge: Forge, record: DeploymentRecord, head: str) -> Desired:
    environment, model = record.environment, record.model
    path = manifest_path(environment, model)
    last = forge.last_change(path, head)
    text = forge.read(path, head)
    if last is None:
        return Desired(environment, model)
    manifest = None if text is None else parse(text, path)
    # Anybody can write a rollback's trailers; what it restores must have been healthy here.
    restores = is_restore(last) and (
        manifest is None or _was_healthy(forge, record, path, manifest.bundle_digest, text)
    )
    return Desired(environment, model, last.revision, manifest, restores)


def _was_healthy(
    forge: Forge, record: DeploymentRecord, path: str, digest: str, text: str | None
) -> bool:
    """Whether exactly this text was proven in this environment."""
    revisions = (one.revision for one in reversed(record.proofs) if one.digest == digest)
    return any(was_at(forge, path, revision, text) for revision in revisions)


def _with_revision(desired: Desired, record: DeploymentRecord, head: str) -> Desired:
    """A manifest that no commit names, though there is a record, was taken out of history."""
    if desired.revision or record.attempted is None:
        return desired
    removed = record.healthy if not record.digest else None
    return replace(desired, revision=removed or head)


def _stable(record: DeploymentRecord, desired: Desired, healthy: Healthy) -> ReleaseManifest | None:
    """The healthy manifest, if what git says now has to pass a canary beside it."""
    manifest = desired.manifest
    if manifest is None or manifest.canary is None or healthy.text is None:
        return None
    proven = record.healthy == desired.revision
    return None if proven else parse(healthy.text, manifest.path)


def _objections(
    forge: Forge, policy: Policy, desired: Desired, head: str
) -> tuple[Hold | None, tuple[Earlier, ...]]:
    if desired.manifest is None:
        return None, ()
    model, digest = desired.model, desired.manifest.bundle_digest
    policy.admit(model)
    hold = held(read_holds(forge, desired.environment, model, head), digest)
    return hold, tuple(
        _earlier(forge, name, model, digest, head)
        for name in policy.environment(desired.environment).requires
    )


def _unsigned(
    forge: Forge, policy: Policy, desired: Desired, record: DeploymentRecord, head: str
) -> str:
    if not desired.revision:
        return ""
    return signed.objection(
        forge, policy, desired.environment, desired.revision, head, record.attempted
    )


def _waiting(forge: Forge, policy: Policy, desired: Desired, now: datetime) -> Outcome | None:
    """How the policy's times end a pass that would change what is live."""
    if desired.environment not in policy.names:
        return None
    digest = desired.manifest.bundle_digest if desired.manifest else ""
    return wait_for(forge, policy.environment(desired.environment), desired.model, digest, now)


def _earlier(forge: Forge, environment: str, model: str, digest: str, head: str) -> Earlier:
    record = forge.read_record(environment, model)
    return Earlier(
        environment,
        proven=record is not None and record.proven(digest) is not None,
        held=held(read_holds(forge, environment, model, head), digest) is not None,
    )

"""Back to what was healthy, by a commit; nothing runs that git does not name."""

from dataclasses import dataclass

from gitops.errors import (
    AlreadyRolledBack,
    DigestHeld,
    HeadMoved,
    ManifestInvalid,
    NothingToRestore,
)
from gitops.forge import Commit, Forge, Tree
from gitops.healthy import readable
from gitops.holds import Clock, Hold, held, holds_path, now, read_holds, render_holds, with_hold
from gitops.manifest import evidence_path, manifest_path, parse
from gitops.manifest_rules import DIGEST
from gitops.record import DeploymentRecord
from gitops.retry import until_won
from gitops.signed import check_restored
from gitops.trailers import compose

REVERTS = "Reverts"
FAILED_REVISION = "Failed-Revision"


@dataclass(frozen=True)
class Restore:
    """Put the files of `good` (a revision, None: no manifest) in place of those of `bad`.

    `failed` says whether the attempt of `bad` failed by itself or a person wants it gone; `reason`
    goes into the message and the hold, `by` is who decided.
    """

    environment: str
    model: str
    bad: str
    good: str | None
    reason: str
    by: str
    failed: bool


def is_restore(commit: Commit) -> bool:
    """Was this commit written by `restore`?"""
    return REVERTS in commit.trailers


def restore(tree: Tree, order: Restore, clock: Clock = now) -> str | None:
    """Commit the restored files together with a hold of the bad digest; returns the new head.

    None if the manifest changed after `bad`: the newer change wins and nothing is written. The
    digest is not held if what is restored has the same one. CommitUnsigned if the policy wants
    signatures and `good` lacks one: Slipway's own would hide that.
    """

    def attempt() -> str | None:
        head = tree.head()
        last = tree.last_change(manifest_path(order.environment, order.model), head)
        if last is None or last.revision != order.bad:
            return None
        if order.good:
            check_restored(tree, order.environment, order.good)
        return _write(tree, order, head, clock)

    return until_won(f"rollback of {order.model} in {order.environment}", attempt, HeadMoved)


def rollback(
    forge: Forge,
    environment: str,
    model: str,
    reason: str,
    by: str,
    to: str | None = None,
    clock: Clock = now,
) -> str:
    """Roll back because a person wants it; returns the new head.

    Without `to` it restores the last healthy revision, of another digest if the present one is
    healthy itself, and never a held one.

    Raises
    ------
    AlreadyRolledBack
        The head is a rollback itself and no `to` says how much further back.
    NothingToRestore
        There is no manifest now, none at `to`, no other healthy revision is known, or the last one
        and its bundle are on main no more.
    DigestHeld
        The digest at `to` is held.
    """
    head = forge.head()
    last = _present(forge, environment, model, head)
    if to is None:
        good = _last_good(forge, environment, model, last, head)
    else:
        good = _checked(forge, environment, model, to, head)
    order = Restore(environment, model, last.revision, good, reason, by, failed=False)
    restored = restore(forge, order, clock)
    if restored is None:
        raise NothingToRestore(environment, model, "a newer change arrived meanwhile")
    return restored


def _present(forge: Forge, environment: str, model: str, head: str) -> Commit:
    """The commit that made the manifest what it is now."""
    path = manifest_path(environment, model)
    last = forge.last_change(path, head)
    if last is None or forge.read(path, head) is None:
        raise NothingToRestore(environment, model, "there is no manifest to take back")
    return last


def _last_good(forge: Forge, environment: str, model: str, last: Commit, head: str) -> str:
    if is_restore(last):
        raise AlreadyRolledBack(environment, model, last.revision)
    bad = last.revision
    record = forge.read_record(environment, model) or DeploymentRecord(environment, model)
    holds = read_holds(forge, environment, model, head)
    present = digest_at(forge, environment, model, head) if record.healthy == bad else ""
    for proof in reversed(record.proofs):
        unwanted = proof.digest in ("", present) or held(holds, proof.digest)
        if proof.revision == bad or unwanted:
            continue
        good = readable(forge, environment, model, proof, head)
        if good.lost:
            raise NothingToRestore(environment, model, good.lost)
        if good.revision not in (None, bad):
            return good.revision
    raise NothingToRestore(environment, model, "nothing else was healthy here that is not held")


def _checked(forge: Forge, environment: str, model: str, to: str, head: str) -> str:
    path = manifest_path(environment, model)
    text = forge.read(path, to)
    if text is None:
        raise NothingToRestore(environment, model, f"there is no manifest at {to}")
    if text == forge.read(path, head):
        raise NothingToRestore(environment, model, f"the manifest at {to} is the present one")
    digest = parse(text, path).bundle_digest
    hold = held(read_holds(forge, environment, model, head), digest)
    if hold:
        raise DigestHeld(environment, model, digest, hold.reason)
    return to


def digest_at(tree: Tree, environment: str, model: str, revision: str) -> str:
    """The digest a revision names; empty if it names none or cannot be read."""
    path = manifest_path(environment, model)
    text = tree.read(path, revision)
    if text is None:
        return ""
    try:
        return parse(text, path).bundle_digest
    except ManifestInvalid:
        return ""


def _write(tree: Tree, order: Restore, head: str, clock: Clock) -> str:
    environment, model = order.environment, order.model
    bad = digest_at(tree, environment, model, head)
    good = digest_at(tree, environment, model, order.good) if order.good else ""
    changes = {
        path: tree.read(path, order.good) if order.good else None
        for path in (manifest_path(environment, model), evidence_path(environment, model))
        if tree.read(path, head) is not None or (order.good and tree.read(path, order.good))
    }
    if DIGEST.fullmatch(bad) and bad != good:
        entry = Hold(bad, order.reason, clock().isoformat(timespec="seconds"), order.by)
        holds = with_hold(read_holds(tree, environment, model, head), entry)
        changes[holds_path(environment, model)] = render_holds(holds)
    return tree.commit(head, changes, _message(order, good, bad))


def _message(order: Restore, good: str, bad: str) -> str:
    subject = (
        f"Restore {order.model} {good[7:19]} in {order.environment}"
        if good
        else f"Remove {order.model} from {order.environment}"
    )
    trailers = {
        "Model": order.model,
        "Environment": order.environment,
        "Bundle-Digest": good or "none",
        REVERTS: order.bad,
        FAILED_REVISION: order.bad if order.failed else "",
        "Taken-Back-Digest": bad,
        "Restored-Revision": order.good or "",
        "By": order.by,
    }
    return compose(subject, order.reason, {key: value for key, value in trailers.items() if value})

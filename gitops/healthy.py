"""What was healthy last, and where it can be read, also after the history of main was rewritten."""

from contextlib import suppress
from dataclasses import dataclass

from gitops.errors import FileInvalid, UnknownRevision
from gitops.forge import Tree
from gitops.manifest import manifest_path, parse
from gitops.record import DeploymentRecord, Proof

LOOKED_BACK = 100


@dataclass(frozen=True)
class Healthy:
    """The revision to put back, None for no manifest, and the manifest's text there.

    `lost` says why nothing can be put back; empty if something can.
    """

    revision: str | None = None
    text: str | None = None
    lost: str = ""


def healthy_of(tree: Tree, record: DeploymentRecord, head: str) -> Healthy:
    """The healthy revision, or the last commit on main with its bundle if that left the history."""
    if record.healthy is None:
        return Healthy()
    last = Proof(record.healthy, record.digest, record.version, record.since)
    return readable(tree, record.environment, record.model, last, head)


def readable(tree: Tree, environment: str, model: str, proof: Proof, head: str) -> Healthy:
    """The same for any revision that was proven."""
    path = manifest_path(environment, model)
    try:
        return Healthy(proof.revision, tree.read(path, proof.revision))
    except UnknownRevision:
        if not proof.digest:
            return Healthy()
    texts = dict(tree.versions(path, head))
    for change in tree.history(path, head, LOOKED_BACK):
        text = texts.get(change.revision)
        if text is not None and _digest(text, path) == proof.digest:
            return Healthy(change.revision, text)
    return Healthy(lost=_lost(environment, model, proof))


def was_at(tree: Tree, path: str, revision: str, text: str | None) -> bool:
    """Did a revision have a file just so? Not if it is there no more."""
    with suppress(UnknownRevision):
        return tree.read(path, revision) == text
    return False


def _lost(environment: str, model: str, proof: Proof) -> str:
    return (
        f"{proof.revision[:12]}, which was healthy last with version {proof.version} "
        f"({proof.digest[7:19]}), is in the repository no more (was main forced?), nor is a commit "
        "on main with its bundle; push it back, or restore another one: "
        f"slipway rollback {model} --env {environment} --to REVISION"
    )


def _digest(text: str, path: str) -> str:
    with suppress(FileInvalid):
        return parse(text, path).bundle_digest
    return ""

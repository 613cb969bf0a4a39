"""What was healthy last, and where it can be read, also after the history of main was rewritten."""

from contextlib import suppress
from dataclasses import dataclass

from gitops.errors import FileInvalid, UnknownRevision
from gitops.forge import Tree
from gitops.manifest import manifest_path, parse
from gitops.record import DeploymentRecord

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
    path = manifest_path(record.environment, record.model)
    try:
        return Healthy(record.healthy, tree.read(path, record.healthy))
    except UnknownRevision:
        return _of_same_bundle(tree, record, path, head)


def was_at(tree: Tree, path: str, revision: str, text: str | None) -> bool:
    """Did a revision have a file just so? Not if it is there no more."""
    with suppress(UnknownRevision):
        return tree.read(path, revision) == text
    return False


def _of_same_bundle(tree: Tree, record: DeploymentRecord, path: str, head: str) -> Healthy:
    if not record.digest:
        return Healthy()
    texts = dict(tree.versions(path, head))
    for change in tree.history(path, head, LOOKED_BACK):
        text = texts.get(change.revision)
        if text is not None and _digest(text, path) == record.digest:
            return Healthy(change.revision, text)
    return Healthy(
        lost=f"{(record.healthy or '')[:12]}, which was healthy last with version "
        f"{record.version} ({record.digest[7:19]}), is in the repository no more (was main "
        "forced?), nor is a commit on main with its bundle; push it back, or restore another one: "
        f"slipway rollback {record.model} --env {record.environment} --to REVISION"
    )


def _digest(text: str, path: str) -> str:
    with suppress(FileInvalid):
        return parse(text, path).bundle_digest
    return ""

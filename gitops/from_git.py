"""What git alone tells: of what runs, by the records, and of a commit that is not on main yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from gitops.errors import FileInvalid, RuntimeUnavailable, UnknownRevision
from gitops.figures import Figures
from gitops.forge import Forge
from gitops.git_tree import GitTree
from gitops.local_forge import LocalForge
from gitops.manifest import ReleaseManifest, manifest_path, parse
from gitops.plumbing import Git
from gitops.record import DeploymentRecord
from gitops.rollback import is_restore
from gitops.runtime import Beside, LiveModel, ObservedApplication
from gitops.signing import Signature, Signing, by_host
from gitops.walk import Walk, walk_of, wanted


@dataclass(frozen=True)
class _Applied:
    """What the running system was told last of one target; `walk` while that has a canary."""

    manifest: ReleaseManifest
    walk: Walk | None
    proven: bool

    def live(self) -> LiveModel:
        walk, manifest = self.walk, self.manifest
        if walk is None:
            return LiveModel(self.proven, manifest.bundle_digest, manifest.model_version)
        beside = Beside(manifest.bundle_digest, walk.weight, Figures())
        stable = walk.stable
        return LiveModel(True, stable.bundle_digest, stable.model_version, beside=beside)


class RecordedRuntime:
    """`gitops.runtime.Runtime` told from the records of deployments; it can be told nothing.

    An application runs as its last applied revision says, at the step of its canary, and is ready
    if that was proven. The records are read once.
    """

    def __init__(self, forge: Forge) -> None:
        self._forge = forge

    def observe(self) -> Mapping[str, ObservedApplication]:
        return {
            one.manifest.application: ObservedApplication(
                one.manifest.application, "RUNNING", config=wanted(one.manifest, one.walk)
            )
            for one in self._applied
        }

    def apply(self, applications: Sequence[Mapping[str, Any]]) -> None:
        raise RuntimeUnavailable(self._forge.head(), f"nobody takes {len(applications)} in here")

    def live(self, route: str) -> LiveModel | None:
        return next((one.live() for one in self._applied if one.manifest.route == route), None)

    @cached_property
    def _applied(self) -> list[_Applied]:
        with self._forge.one_look():
            found = [self._told(record) for record in self._forge.records()]
        return [one for one in found if one]

    def _told(self, record: DeploymentRecord) -> _Applied | None:
        manifest = self._manifest(record, record.applied)
        if manifest is None or record.applied is None:
            return None
        proven = record.applied == record.healthy
        stable = None if proven else self._manifest(record, record.healthy)
        walk = walk_of(record, record.applied, manifest, stable)
        if walk and self._restores(manifest.path, record.applied):
            walk = None
        return _Applied(manifest, walk, proven)

    def _restores(self, path: str, revision: str) -> bool:
        commit = self._forge.last_change(path, revision)
        return commit is not None and is_restore(commit)

    def _manifest(self, record: DeploymentRecord, revision: str | None) -> ReleaseManifest | None:
        path = manifest_path(record.environment, record.model)
        try:
            text = self._forge.read(path, revision) if revision else None
            return parse(text, path) if text is not None else None
        except (UnknownRevision, FileInvalid):
            return None


class ProposedForge(LocalForge):
    """A repository on this machine as it would be with another commit at main's head.

    For looking alone: a commit on top of it finds main elsewhere. Signatures are judged where it
    is known who may sign; elsewhere, and of the key that Slipway itself needs, it says nothing.
    UnknownRevision if the repository has no such commit.
    """

    def __init__(self, path: Path, revision: str, signing: Signing | None = None) -> None:
        super().__init__(path, signing)
        self._proposed = self._git.resolve(revision)

    def head(self) -> str:
        return self._proposed

    @property
    def signs(self) -> bool:
        return True

    def signature(self, revision: str) -> Signature:
        known = self._git.signing.signers is not None
        return super().signature(revision) if known else Signature()


class HostVerified(GitTree):
    """A repository, with the git host's word on who signed one commit of it.

    `word` is `valid` if the host has verified the signature, else its reason.
    """

    def __init__(self, git: Git, commit: str, word: str) -> None:
        super().__init__(git)
        self._commit, self._word = commit, word

    def signature(self, revision: str) -> Signature:
        if revision != self._commit:
            return super().signature(revision)
        return by_host(self._word, "the git host")

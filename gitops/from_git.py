"""A plan without a running system: what the records say was applied last stands for what runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gitops.errors import FileInvalid, RuntimeUnavailable, UnknownRevision
from gitops.forge import Forge
from gitops.local_forge import LocalForge
from gitops.manifest import ReleaseManifest, manifest_path, parse, serve_application
from gitops.record import DeploymentRecord
from gitops.runtime import LiveModel, ObservedApplication


class RecordedRuntime:
    """`gitops.runtime.Runtime` told from the records of deployments; it can be told nothing.

    An application runs as its last applied revision says, and is ready if that was proven.
    """

    def __init__(self, forge: Forge) -> None:
        self._forge = forge

    def observe(self) -> Mapping[str, ObservedApplication]:
        return {
            manifest.application: ObservedApplication(
                manifest.application, "RUNNING", config=serve_application(manifest)
            )
            for manifest, _ in self._applied()
        }

    def apply(self, applications: Sequence[Mapping[str, Any]]) -> None:
        raise RuntimeUnavailable(self._forge.head(), f"nobody takes {len(applications)} in here")

    def live(self, route: str) -> LiveModel | None:
        found = [(one, record) for one, record in self._applied() if one.route == route]
        if not found:
            return None
        manifest, record = found[0]
        proven = record.applied == record.healthy
        return LiveModel(proven, manifest.bundle_digest, manifest.model_version)

    def _applied(self) -> list[tuple[ReleaseManifest, DeploymentRecord]]:
        with self._forge.one_look():
            found = [(self._manifest(record), record) for record in self._forge.records()]
        return [(manifest, record) for manifest, record in found if manifest]

    def _manifest(self, record: DeploymentRecord) -> ReleaseManifest | None:
        path = manifest_path(record.environment, record.model)
        try:
            text = self._forge.read(path, record.applied) if record.applied else None
            return parse(text, path) if text is not None else None
        except (UnknownRevision, FileInvalid):
            return None


class ProposedForge(LocalForge):
    """A repository on this machine as it would be with another commit at main's head.

    For looking alone: a commit on top of it finds main elsewhere. UnknownRevision if the
    repository has no such commit.
    """

    def __init__(self, path: Path, revision: str) -> None:
        super().__init__(path)
        self._proposed = self._git.resolve(revision)

    def head(self) -> str:
        return self._proposed

"""What an environment was told of a model, when it was live, and why: git and the record say it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Literal, TypeAlias

from gitops.errors import ManifestInvalid
from gitops.forge import Commit, Forge
from gitops.manifest import ReleaseManifest, manifest_path, parse
from gitops.record import PROOFS_KEPT, DeploymentRecord
from gitops.rollback import FAILED_REVISION, REVERTS, is_restore

Kind: TypeAlias = Literal["release", "promotion", "rollback", "removal", "commit"]
Fate: TypeAlias = Literal["live", "replaced", "failed", "taken back", "pending", "passed over", "-"]


@dataclass(frozen=True)
class Change:
    """One commit that changed what an environment says of a model, and what became of it.

    `by` is who approved, rolled back or committed; `why` the reason that a rollback gives, else
    the subject. `live_from` and `live_until` (ISO 8601, UTC) are None where it was never proven
    and where it still is live. `ended_by` says why it failed or was taken back.
    """

    environment: str
    model: str
    revision: str
    committed: str
    kind: Kind
    by: str
    why: str
    version: str
    digest: str
    data_version: str
    evaluation_run: str
    replaced: str
    fate: Fate
    live_from: str | None = None
    live_until: str | None = None
    ended_by: str = ""

    def was_live(self, time: datetime) -> bool:
        """Was it proven and not yet replaced at this time (with a time zone)?"""
        began = self.live_from is not None and datetime.fromisoformat(self.live_from) <= time
        return began and (self.live_until is None or time < datetime.fromisoformat(self.live_until))

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def history(forge: Forge, environment: str, model: str, count: int) -> list[Change]:
    """The last `count` changes of one environment, newest first; none if git never named it."""
    path, head = manifest_path(environment, model), forge.head()
    commits = forge.history(path, head, count + 1)
    record = forge.read_record(environment, model) or DeploymentRecord(environment, model)
    manifests = {one.revision: _manifest(forge, path, one.revision) for one in commits}
    return tell(record, commits, manifests)[:count]


def tell(
    record: DeploymentRecord,
    commits: Sequence[Commit],
    manifests: Mapping[str, ReleaseManifest | None],
) -> list[Change]:
    """The changes that `commits` (newest first) made, with the manifest at each."""
    stays, ends = _stays(record), _ends(commits)
    before = {new.revision: manifests[old.revision] for new, old in pairwise(commits)}
    return [
        Change(
            record.environment,
            record.model,
            commit.revision,
            commit.time,
            **_said(commit, manifests[commit.revision]),
            **_named(manifests[commit.revision]),
            replaced=_named(before.get(commit.revision))["digest"],
            fate=_fate(commit, commits[0], record, ends.get(commit.revision)),
            **stays.get(commit.revision, {}),
            ended_by=_reason(ends[commit.revision]) if commit.revision in ends else "",
        )
        for commit in commits
    ]


def live_at(changes: Iterable[Change], time: datetime) -> Change | None:
    """The change that was live at a time; None if nothing was, or nothing is on record."""
    return next((one for one in changes if one.was_live(time)), None)


def _manifest(forge: Forge, path: str, revision: str) -> ReleaseManifest | None:
    text = forge.read(path, revision)
    try:
        return parse(text, path) if text is not None else None
    except ManifestInvalid:
        return None


def _stays(record: DeploymentRecord) -> dict[str, dict[str, Any]]:
    """From when to when each proven revision was live."""
    ends = [*(proof.since for proof in record.proofs[1:]), None]
    return {
        proof.revision: {"live_from": proof.since, "live_until": end}
        for proof, end in zip(record.proofs, ends, strict=False)
    }


def _ends(commits: Iterable[Commit]) -> dict[str, Commit]:
    """The rollback of each revision that was rolled back."""
    return {one.trailers[REVERTS]: one for one in commits if is_restore(one)}


def _fate(commit: Commit, newest: Commit, record: DeploymentRecord, end: Commit | None) -> Fate:
    revision = commit.revision
    if (end and FAILED_REVISION in end.trailers) or record.failed == revision:
        return "failed"
    if end:
        return "taken back"
    if revision == record.healthy:
        return "live"
    if any(proof.revision == revision for proof in record.proofs):
        return "replaced"
    if commit == newest:
        return "pending"
    full = len(record.proofs) == PROOFS_KEPT
    forgotten = full and _time(commit.time) < _time(record.proofs[0].since)
    return "-" if forgotten else "passed over"


def _said(commit: Commit, manifest: ReleaseManifest | None) -> dict[str, Any]:
    trailers = commit.trailers
    if is_restore(commit):
        return {"kind": "rollback", "by": trailers.get("By", commit.author), "why": _reason(commit)}
    if "Promotion" in trailers:
        by, why = trailers.get("Approved-by", commit.author), commit.subject
        return {"kind": "promotion", "by": by, "why": f"{why} (promotion {trailers['Promotion']})"}
    kind = "release" if "Model-Version" in trailers else "commit" if manifest else "removal"
    return {"kind": kind, "by": commit.author, "why": commit.subject}


def _named(manifest: ReleaseManifest | None) -> dict[str, Any]:
    if manifest is None:
        return dict.fromkeys(("version", "digest", "data_version", "evaluation_run"), "")
    return {
        "version": manifest.model_version,
        "digest": manifest.bundle_digest,
        "data_version": manifest.data_version,
        "evaluation_run": manifest.evaluation_run,
    }


def _reason(commit: Commit) -> str:
    """What stands between the subject and the trailers of a rollback."""
    paragraphs = commit.message.strip().split("\n\n")
    return " ".join(" ".join(paragraphs[1:-1]).split()) or commit.subject


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)

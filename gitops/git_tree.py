"""Main and the deployment records of a git repository, through its plumbing."""

from collections.abc import Mapping
from contextlib import AbstractContextManager

from gitops.errors import HeadMoved, LeaseLost, PathRefused, RecordMoved, RepositoryMissing
from gitops.forge import Commit
from gitops.lease import Lease, Renewal
from gitops.manifest_rules import NAME
from gitops.plumbing import Git, RefMoved, RefUpdate, check_path
from gitops.record import DeploymentRecord
from gitops.signed import check_written
from gitops.signing import Signature
from gitops.trailers import read_trailers

MAIN = "refs/heads/main"
RECORDS = "refs/slipway"
LEASE = "refs/slipway/lease"
_FORMAT = "%H%x00%cI%x00%an%x00%B"


class GitTree:
    """`gitops.forge.Tree` and `gitops.forge.Records` on git's plumbing.

    All state is in refs, read by `Git.refs` and changed by one `Git.update_refs`; so it works on
    whatever keeps the promises of those two, also far away.
    """

    def __init__(self, git: Git) -> None:
        self._git = git

    def one_look(self) -> AbstractContextManager[None]:
        return self._git.one_look()

    def head(self) -> str:
        return self._main(self._git.refs(MAIN))

    def read(self, path: str, revision: str) -> str | None:
        check_path(path)
        return self._git.read_file(revision, path)

    def paths(self, prefix: str, revision: str) -> list[str]:
        folder = prefix.rstrip("/") + "/"
        commit = self._git.resolve(revision)
        listed = self._git.run("ls-tree", "-r", "-z", "--name-only", commit, "--", folder)
        return sorted(name for name in listed.decode(errors="replace").split("\0") if name)

    def last_change(self, path: str, revision: str) -> Commit | None:
        return next(iter(self.history(path, revision, 1)), None)

    def history(self, path: str, revision: str, count: int) -> list[Commit]:
        commit = self._git.resolve(revision)
        shown = self._git.run(
            "log", f"-{count}", "-z", "--first-parent", f"--format={_FORMAT}", commit, "--", path
        )
        fields = shown.decode(errors="replace").split("\0")
        size = _FORMAT.count("%x00") + 1
        return [_commit(*fields[start : start + size]) for start in range(0, len(fields) - 1, size)]

    def versions(
        self, path: str, revision: str, since: str | None = None
    ) -> list[tuple[str, str | None]]:
        known = [f"^{self._git.resolve(since)}"] if since else []
        commit = self._git.resolve(revision)
        listed = self._git.text("rev-list", "--full-history", commit, *known, "--", path)
        commits = listed.split()
        found = self._git.read_objects([f"{one}:{path}" for one in commits]) if commits else []
        return [(one, text[1] if text else None) for one, text in zip(commits, found, strict=True)]

    def line(self, revision: str) -> list[str]:
        commit = self._git.resolve(revision)
        return self._git.text("rev-list", "--first-parent", commit).split()

    def descendants(self, revision: str, head: str) -> frozenset[str]:
        if self._git.read_objects([f"{revision}^{{commit}}"])[0] is None:
            return frozenset()
        between = f"{revision}..{self._git.resolve(head)}"
        after = self._git.text("rev-list", "--ancestry-path", between).split()
        return frozenset([revision, *after]) if after or revision == head else frozenset()

    def commit(self, expected_head: str, changes: Mapping[str, str | None], message: str) -> str:
        new = self._prepare(expected_head, changes, message)
        check_written(self, expected_head, changes, new)
        try:
            self._git.update_refs([RefUpdate(MAIN, new, expected_head)])
        except RefMoved:
            raise HeadMoved(expected_head, self.head()) from None
        return new

    @property
    def signs(self) -> bool:
        return self._git.signing.signs

    def signature(self, revision: str) -> Signature:
        return self._git.signature(revision)

    def read_record(self, environment: str, model: str) -> DeploymentRecord | None:
        return self._record_at(self._git.ref(_record_ref(environment, model, "record")))

    def records(self) -> list[DeploymentRecord]:
        found = self._git.refs(RECORDS)
        oids = [found[name] for name in sorted(found) if name.endswith("/record")]
        texts = self._git.read_blobs(oids) if oids else []
        return [DeploymentRecord.from_json(text) for text in texts if text is not None]

    def write_record(
        self,
        record: DeploymentRecord,
        expected: DeploymentRecord | None,
        renewal: Renewal | None = None,
    ) -> None:
        environment, model = record.environment, record.model
        name = _record_ref(environment, model, "record")
        present = self._git.refs(name.removesuffix("/record"))
        old = present.get(name)
        if self._record_at(old) != expected:
            raise RecordMoved(environment, model)
        updates = [RefUpdate(name, self._git.write_blob(record.to_json()), old)]
        for part in ("attempted", "applied", "healthy"):
            new, ref = getattr(record, part), _record_ref(environment, model, part)
            # The record alone is compared: somebody may have deleted what only mirrors it.
            if new not in (getattr(expected, part, None), present.get(ref)):
                updates.append(RefUpdate(ref, new, present.get(ref)))
        if renewal:
            updates.append(self._lease_update(renewal.renewed, renewal.held))
        try:
            self._git.update_refs(updates)
        except RefMoved:
            if renewal and self.read_lease() != renewal.held:
                raise LeaseLost(renewal.held.number) from None
            raise RecordMoved(environment, model) from None

    def _record_at(self, oid: str | None) -> DeploymentRecord | None:
        text = self._git.read_blobs([oid])[0] if oid else None
        return None if text is None else DeploymentRecord.from_json(text)

    def read_lease(self) -> Lease | None:
        oid = self._git.ref(LEASE)
        text = self._git.read_blobs([oid])[0] if oid else None
        return None if text is None else Lease.from_json(text)

    def write_lease(self, lease: Lease, expected: Lease | None) -> None:
        try:
            self._git.update_refs([self._lease_update(lease, expected)])
        except RefMoved:
            raise LeaseLost(expected.number if expected else 0) from None

    def _lease_update(self, new: Lease, old: Lease | None) -> RefUpdate:
        # The id of a blob is that of its text, so the expected text names the old value.
        before = self._git.write_blob(old.to_json()) if old else None
        return RefUpdate(LEASE, self._git.write_blob(new.to_json()), before)

    def _main(self, refs: Mapping[str, str]) -> str:
        head = refs.get(MAIN)
        if head is None:
            raise RepositoryMissing(self._git.place, "it has no branch main")
        return head

    def _prepare(self, parent: str, changes: Mapping[str, str | None], message: str) -> str:
        """A commit on top of `parent` that no ref names yet; `parent` if nothing changes."""
        tree = self._git.write_tree(parent, changes)
        if tree == self._git.text("rev-parse", f"{parent}^{{tree}}"):
            return parent
        return self._git.commit_tree(tree, [parent], message)


def _commit(revision: str, time: str, author: str, body: str) -> Commit:
    message = body.strip()
    return Commit(revision, time, author, message, read_trailers(message))


def _record_ref(environment: str, model: str, name: str) -> str:
    if not (NAME.fullmatch(environment) and NAME.fullmatch(model)):
        raise PathRefused(f"{environment}/{model}")
    return f"{RECORDS}/{environment}/{model}/{name}"

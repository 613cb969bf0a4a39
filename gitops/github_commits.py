"""Commits that GitHub writes itself, and signs: each only on top of the head that was expected."""

import base64
from collections.abc import Mapping
from typing import Any

from gitops.errors import HeadMoved, PushRefused, RepositoryMissing, RequestRefused
from gitops.git_tree import GitTree
from gitops.github_client import GitHubClient
from gitops.plumbing import RefMoved
from gitops.remote_git import RemoteGit
from gitops.signing import Signature, by_host

_COMMIT = (
    "mutation($input: CreateCommitOnBranchInput!) "
    "{ createCommitOnBranch(input: $input) { commit { oid } } }"
)


class GitHubCommits(GitTree):
    """`gitops.forge.Tree` and `Records`: read from a mirror, main changed by GitHub itself."""

    def __init__(self, git: RemoteGit, client: GitHubClient) -> None:
        super().__init__(git)
        self._mirror, self._client = git, client
        self._verified: dict[str, Signature] = {}

    @property
    def signs(self) -> bool:
        return True

    def signature(self, revision: str) -> Signature:
        if revision not in self._verified:
            found = self._judged(revision)
            if not found.good:
                return found
            self._verified[revision] = found
        return self._verified[revision]

    def _judged(self, revision: str) -> Signature:
        """What GitHub says: it knows the keys of its people, and its own."""
        commit = self._client.get(f"/git/commits/{revision}")
        verification = commit["verification"]
        word = "valid" if verification["verified"] else str(verification["reason"])
        return by_host(word, str(commit["committer"]["email"]))

    def commit(self, expected_head: str, changes: Mapping[str, str | None], message: str) -> str:
        tree = self._git.write_tree(expected_head, changes)
        if tree == self._tree(expected_head):
            return expected_head
        try:
            made: str = self._client.once(
                lambda: self._create("main", expected_head, changes, message),
                lambda: self._written(expected_head, tree, message),
            )
        except RefMoved:
            raise HeadMoved(expected_head, self.head()) from None
        self._mirror.bring([made])
        return made

    def _create(
        self, branch: str, head: str, changes: Mapping[str, str | None], message: str
    ) -> str:
        """A commit on a branch whose tip is `head`; RefMoved if it is not."""
        headline, _, body = message.strip().partition("\n")
        given = {
            "branch": {
                "repositoryNameWithOwner": self._client.repository.full_name,
                "branchName": branch,
            },
            "expectedHeadOid": head,
            "message": {"headline": headline, "body": body.strip()},
            "fileChanges": self._file_changes(head, changes),
        }
        answer = self._client.mutate(_COMMIT, given)
        if errors := answer.get("errors"):
            raise self._refusal(branch, errors)
        oid: str = answer["data"]["createCommitOnBranch"]["commit"]["oid"]
        return oid

    def _file_changes(self, head: str, changes: Mapping[str, str | None]) -> dict[str, Any]:
        before = {path: self._git.read_file(head, path) for path in changes}
        changed = {path: text for path, text in changes.items() if before[path] != text}
        return {
            "additions": [
                {"path": path, "contents": base64.b64encode(text.encode()).decode()}
                for path, text in changed.items()
                if text is not None
            ],
            "deletions": [{"path": path} for path, text in changed.items() if text is None],
        }

    def _refusal(self, branch: str, errors: list[dict[str, Any]]) -> Exception:
        kinds = {str(one.get("type")) for one in errors}
        said = "; ".join(" ".join(str(one.get("message")).split()) for one in errors)
        if "STALE_DATA" in kinds:
            return RefMoved(f"refs/heads/{branch}")
        if "NOT_FOUND" in kinds:
            return RepositoryMissing(self._git.place, said)
        if "UNPROCESSABLE" in kinds or "FORBIDDEN" in kinds:
            return PushRefused(self._git.place, f"refs/heads/{branch}", said)
        return RequestRefused(self._git.place, "createCommitOnBranch", 200, said)

    def _written(self, parent: str, tree: str, message: str) -> str | None:
        """The commit on main that is just the one that was asked for; None if there is none."""
        head = self.head()
        listed = self._git.text("rev-list", "--first-parent", "--reverse", f"{parent}..{head}")
        first = next(iter(listed.splitlines()), None)
        return first if first and self._is(first, parent, tree, message) else None

    def _is(self, commit: str, parent: str, tree: str, message: str) -> bool:
        shown = self._git.text("show", "--no-patch", "--format=%P%n%T%n%B", commit)
        parents, found, *said = shown.split("\n", 2)
        return (parents, found, "".join(said).split()) == (parent, tree, message.split())

    def _tree(self, commit: str) -> str:
        return self._git.text("rev-parse", f"{commit}^{{tree}}")

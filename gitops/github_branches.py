"""Promotion branches on GitHub: made whole beside their place, and told apart by their commit."""

import re
from collections.abc import Mapping

from gitops.errors import RequestRefused
from gitops.forge import Promotion
from gitops.git_tree import MAIN
from gitops.github_commits import GitHubCommits
from gitops.github_pulls import Told, read_message
from gitops.plumbing import RefMoved

LONGEST_BRANCH = 50
_SCRATCH = "slipway/scratch"


class GitHubBranches(GitHubCommits):
    """What a promotion needs of branches, and reads out of them."""

    def put_branch(
        self,
        branch: str,
        tip: str | None,
        head: str,
        changes: Mapping[str, str | None],
        message: str,
    ) -> str:
        """Make `branch` one commit on top of `head`, and return it; RefMoved if another did.

        `tip` is where the branch stands (None: nowhere); if that is such a commit already, it
        stays. A pull request ends when its branch stands where main does, so the commit is made on
        a branch of its own first.
        """
        tree = self._git.write_tree(head, changes)
        if tip and self._is(tip, head, tree, message):
            return tip
        scratch = f"{_SCRATCH}/{branch.removeprefix('promote/')}"
        try:
            self._begin(scratch, head)
        except RefMoved:
            self._move(scratch, head)
        commit = self._create(scratch, head, changes, message)
        if tip:
            self._move(branch, commit)
        else:
            self._begin(branch, commit)
        self._client.send("DELETE", f"/git/refs/heads/{scratch}", None, again=False)
        return commit

    def tip(self, branch: str) -> str | None:
        """Where a branch stands; None if there is none."""
        return self._git.ref(f"refs/heads/{branch}")

    def branches(self, environment: str, model: str) -> list[str]:
        """The promotion branches of a model in an environment, whatever became of them."""
        prefix = f"refs/heads/promote/{environment}"
        pattern = re.compile(rf"{prefix}/{re.escape(model)}-[0-9a-f]{{12}}")
        found = self._git.refs(prefix)
        return sorted(ref.removeprefix("refs/heads/") for ref in found if pattern.fullmatch(ref))

    def told(self, commit: str, branch: str) -> Told | None:
        """What the commits of a promotion's branch say, the newest that says anything."""
        self._mirror.bring([commit])
        listed = self._git.text(
            "log", f"-{LONGEST_BRANCH}", "--first-parent", "-z", "--format=%B", commit
        )
        found = (read_message(one, branch) for one in listed.split("\0"))
        return next((one for one in found if one), None)

    def _begin(self, branch: str, commit: str) -> None:
        """Let a branch begin at a commit; RefMoved if it is there."""
        made = {"ref": f"refs/heads/{branch}", "sha": commit}
        try:
            self._client.send("POST", "/git/refs", made, again=True)
        except RequestRefused as refused:
            if "already exists" not in refused.reason:
                raise
            raise RefMoved(f"refs/heads/{branch}") from None

    def _move(self, branch: str, commit: str) -> None:
        """Let a branch stand at a commit, wherever it was; RefMoved if it is not there."""
        body = {"sha": commit, "force": True}
        try:
            self._client.send("PATCH", f"/git/refs/heads/{branch}", body, again=True)
        except RequestRefused as refused:
            if "does not exist" not in refused.reason:
                raise
            raise RefMoved(f"refs/heads/{branch}") from None

    def _base(self, commit: str) -> str:
        """The commit of main that a promotion grew from."""
        main = self._git.text("rev-parse", MAIN)
        return self._git.text("merge-base", commit, main)

    def _changed(self, promotion: Promotion) -> list[str]:
        listed = self._git.run(
            "diff-tree", "-r", "-z", "--name-only", promotion.base, promotion.commit
        )
        return [path for path in listed.decode().split("\0") if path]

    def _conflict(self, promotion: Promotion, head: str) -> str | None:
        """The first file of a promotion that main changed since the promotion's base."""
        for path in self._changed(promotion):
            if self.read(path, head) != self.read(path, promotion.base):
                return path
        return None

    def _holds(self, commit: str, changes: Mapping[str, str | None]) -> bool:
        """Are the files at a commit as the changes would make them?"""
        return all(self.read(path, commit) == text for path, text in changes.items())

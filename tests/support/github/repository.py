"""One repository of the fake GitHub: a bare one on disk, with all that GitHub keeps around it."""

import contextlib
import itertools
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gitops.errors import GitFailed
from gitops.plumbing import Git, RefMoved, RefUpdate, clean_environment
from tests.support.github.pulls import Pull

MAIN = "refs/heads/main"


class Refused(Exception):
    """What GitHub answers instead: a status, a message, and the errors of a 422."""

    def __init__(self, status: int, message: str, *errors: dict[str, str]) -> None:
        super().__init__(message)
        self.status, self.message, self.errors = status, message, errors


@dataclass
class Protection:
    """Rules for main: statuses a merge needs, and whether every change needs a pull request."""

    contexts: tuple[str, ...] = ()
    pull_request: bool = False
    bypass: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset({"merge", "squash"})


@dataclass
class Repository:
    """`list_delay`: looks at a list until something new is in it; `merge_delay`: looks at a pull
    request until it is known whether it can be merged. `on_merge` happens before a merge does;
    `verified` are the commits that GitHub has made, and so signed, itself."""

    owner: str
    name: str
    folder: Path
    list_delay: int = 0
    merge_delay: int = 1
    protection: Protection = field(default_factory=Protection)
    pulls: dict[int, Pull] = field(default_factory=dict)
    verified: set[str] = field(default_factory=set)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    settled: dict[int, tuple[str | None, str]] = field(default_factory=dict)
    ids: Any = field(default_factory=lambda: itertools.count(1))
    on_merge: Any = field(default=lambda: None)

    def __post_init__(self) -> None:
        self.git = Git(self.folder)

    @classmethod
    def create(cls, owner: str, name: str, folder: Path, seed: Mapping[str, str]) -> "Repository":
        made = cls(owner, name, folder)
        made.git.run("init", "--quiet", "--bare", "--initial-branch=main", str(folder))
        for key in ("http.receivepack", "uploadpack.allowAnySHA1InWant"):
            made.git.run("config", key, "true")
        made.git.run("config", "transfer.hideRefs", "refs/pull")
        if seed:
            commit = made.commit_tree(made.git.write_tree(None, seed), [], "Begin\n", "octocat")
            made.move(MAIN, commit, None)
        return made

    @property
    def main(self) -> str:
        found = self.git.ref(MAIN)
        if found is None:
            raise Refused(409, "Git Repository is empty.")
        return found

    def branch(self, name: str) -> str | None:
        return self.git.ref(f"refs/heads/{name}")

    def move(self, ref: str, new: str | None, old: str | None) -> None:
        """Compare and swap a ref, and let the pull requests see it; Refused 422 if it moved."""
        try:
            self.git.update_refs([RefUpdate(ref, new, old)])
        except RefMoved:
            raise Refused(422, "Reference already exists" if old is None else "moved") from None
        self.settle()

    def commit_tree(self, tree: str, parents: list[str], message: str, login: str) -> str:
        names = {
            "GIT_AUTHOR_NAME": login,
            "GIT_AUTHOR_EMAIL": f"{login}@users.noreply.github.com",
            "GIT_COMMITTER_NAME": "GitHub",
            "GIT_COMMITTER_EMAIL": "noreply@github.com",
        }
        flags = [flag for parent in parents for flag in ("-p", parent)]
        command = ("commit-tree", tree, *flags)
        return self.git.run(*command, stdin=message.encode(), variables=names).decode().strip()

    def write(self, parent: str, files: Mapping[str, bytes | None], message: str, by: str) -> str:
        """A commit of files in UTF-8 on top of `parent`, which no ref names yet."""
        texts = {
            path: None if content is None else content.decode() for path, content in files.items()
        }
        return self.commit_tree(self.git.write_tree(parent, texts), [parent], message, by)

    def push(self, files: Mapping[str, str | None], message: str = "By hand\n") -> str:
        """A commit to main by a person."""
        with self.lock:
            head = self.main
            tree = self.git.write_tree(head, files)
            commit = self.commit_tree(tree, [head], message, "ann")
            self.move(MAIN, commit, head)
            return commit

    def settle(self) -> None:
        """Let each open pull request follow its branch, or end with it."""
        tips = self.git.refs("refs/heads")
        main = tips.get(MAIN, "")
        for pull in self.pulls.values():
            tip = tips.get(f"refs/heads/{pull.branch}")
            if pull.state == "open" and self.settled.get(pull.number) != (tip, main):
                self._settle(pull, tip, main)
                self.settled[pull.number] = (tip, main)

    def _settle(self, pull: Pull, tip: str | None, main: str) -> None:
        if tip is None:
            self.close(pull)
        elif self.leads_to(tip, main):
            self.end(pull, tip, "ann")
        elif tip != pull.sha:
            pull.sha, pull.updated_at, pull.undecided = tip, now(), self.merge_delay
            self.git.run("update-ref", f"refs/pull/{pull.number}/head", tip)

    def close(self, pull: Pull) -> None:
        pull.state, pull.closed_at, pull.updated_at = "closed", now(), now()

    def end(self, pull: Pull, commit: str, login: str) -> None:
        self.close(pull)
        pull.merged_at, pull.merged_by, pull.merge_commit = now(), login, commit

    def leads_to(self, commit: str, head: str) -> bool:
        return self.git.text("rev-list", "--count", f"{head}..{commit}") == "0"

    def exists(self, commit: str) -> bool:
        return self.git.read_objects([f"{commit}^{{commit}}"])[0] is not None

    def merged_tree(self, head: str) -> str | None:
        """The tree of main with `head` merged into it; None if they conflict."""
        with contextlib.suppress(GitFailed):
            return self.git.text("merge-tree", "--write-tree", self.main, head)
        return None

    def latest(self, sha: str) -> dict[str, dict[str, Any]]:
        """The newest status of each context on a commit."""
        return {one["context"]: one for one in self.statuses if one["sha"] == sha}

    def clone(self, folder: Path) -> None:
        command = ["git", "clone", "--quiet", str(self.folder), str(folder)]
        subprocess.run(command, check=True, env=clean_environment())


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""The checkout the code runs from: which commit it stands at, and whether files differ from it."""

import os
import re
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

UNKNOWN, DIRTY = "unknown", "-dirty"
_COMMIT = re.compile("[0-9a-f]{40}")
_MODELS = "platform_assets/defs/"
# What can change a candidate, its judgement or its way into git; what is live is no code.
CODE_PATHS = (
    "platform_assets", "resources", "serving", "gitops/*.py", "requirements.lock", "pyproject.toml",
)  # fmt: skip
_FOREIGN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX")


@dataclass(frozen=True)
class Code:
    """The code of one model as it stands on disk.

    `commit` is empty outside a git checkout, and `problem` then says why; `changed` are the files
    that differ from the commit or are not in it.
    """

    commit: str
    changed: tuple[str, ...] = ()
    problem: str = ""

    @property
    def clean(self) -> bool:
        return bool(self.commit) and not self.changed

    @property
    def name(self) -> str:
        """The commit, with `-dirty` behind it when files differ from it; `unknown` without one."""
        return f"{self.commit}{DIRTY if self.changed else ''}" if self.commit else UNKNOWN


def is_commit(name: str) -> bool:
    """Whether a code's name is a commit alone, with nothing that differs from it."""
    return _COMMIT.fullmatch(name) is not None


class Checkout:
    """The working tree at `root`; nothing in it is ever written."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def code(self, model: str) -> Code:
        """The code that makes a model: the platform's, and of the models' folders its own."""
        if self._problem:
            return Code("", problem=self._problem)
        commit = self.git("rev-parse", "--verify", "HEAD")
        if commit.returncode:
            return Code("", problem="it has no commit yet")
        status = self.git(
            "status", "--porcelain=v1", "-z", "--untracked-files=all", "--", *CODE_PATHS
        )
        if status.returncode:
            return Code("", problem=_first_line(status.stderr))
        changed = (path for path in _paths(status.stdout) if _matters(path, model))
        return Code(commit.stdout.strip(), tuple(sorted(changed)))

    def git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Ask git about the checkout, whatever repository a hook may have named."""
        kept = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
        return subprocess.run(
            ["git", "-C", str(self.root), *arguments],
            env={**kept, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"},
            capture_output=True,
            text=True,
            check=False,
        )

    @cached_property
    def _problem(self) -> str:
        top = self.git("rev-parse", "--show-toplevel")
        if top.returncode:
            return _first_line(top.stderr)
        found = Path(top.stdout.rstrip("\n")).resolve()
        return "" if found == self.root else f"the repository around it is {str(found)!r}"


def _paths(status: str) -> list[str]:
    """The paths of `git status -z`; a rename is followed by the name from before."""
    entries = iter(status.split("\0"))
    found = []
    for entry in entries:
        found += [entry[3:]] if entry else []
        if entry[:1] in ("R", "C"):
            found.append(next(entries))
    return found


def _matters(path: str, model: str) -> bool:
    return not path.startswith(_MODELS) or path.startswith(f"{_MODELS}{model}/")


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0].removeprefix("fatal: ") if lines else "git says nothing"

"""A bare git repository through git's plumbing: objects, trees and refs; no working tree."""

import os
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gitops.errors import (
    ForgeError,
    GitFailed,
    PathRefused,
    RepositoryMissing,
    StaleLock,
    UnknownRevision,
)
from gitops.retry import until_won
from gitops.signing import SIGNERS, Signature, Signing, told

AUTHOR, EMAIL = "Slipway", "slipway@localhost"
STALE_AFTER = 30.0
NOTHING = "0" * 40

_FULL = re.compile(r"[0-9a-f]{40}")
LOCKED = re.compile(r"Unable to create '(?P<path>.+\.lock)': File exists")
_SIGNATURE = "--format=%G?%x00%GS%x00%GF"
_MOVED = re.compile(
    r"cannot lock ref '(?P<ref>[^']+)': "
    r"(?:is at .* but expected|reference already exists|unable to resolve reference)"
)


class RefMoved(ForgeError):
    """A ref no longer has the value that a transaction expected."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"{ref} was changed by another writer")
        self.ref = ref


class _Locked(ForgeError):
    """Another process holds the lock of a ref right now."""


@dataclass(frozen=True)
class RefUpdate:
    """Move `ref` from `old` to `new`; None stands for a ref that is not there."""

    ref: str
    new: str | None
    old: str | None

    def line(self) -> str:
        if self.new is None:
            return f"delete {self.ref} {self.old or NOTHING}\n"
        return f"update {self.ref} {self.new} {self.old or NOTHING}\n"


class Git:
    """One repository; each method is one or a few git processes with a clean environment."""

    def __init__(self, path: Path, signing: Signing | None = None) -> None:
        self.path, self.signing = path, signing or Signing()
        self._look = threading.local()

    @contextmanager
    def one_look(self) -> Iterator[None]:
        """All refs that this thread reads in the block are as they were at its first read."""
        outer = getattr(self._look, "seen", None)
        self._look.seen = {} if outer is None else outer
        try:
            yield
        finally:
            self._look.seen = outer

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return str(self.path)

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        variables: Mapping[str, str] | None = None,
    ) -> bytes:
        """Run git and return its standard output; GitFailed if it ends with an error."""
        command = ["git", "--literal-pathspecs", f"--git-dir={self.path}", *arguments]
        done = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            env={**clean_environment(), **(variables or {})},
            check=False,
        )
        if done.returncode:
            raise GitFailed(list(arguments), done.returncode, done.stderr.decode(errors="replace"))
        return done.stdout

    def text(self, *arguments: str, stdin: str = "") -> str:
        return self.run(*arguments, stdin=stdin.encode()).decode(errors="replace").strip()

    def resolve(self, revision: str) -> str:
        """The full id of a commit, unchecked if it is one already; else UnknownRevision."""
        if _FULL.fullmatch(revision):
            return revision
        try:
            return self.text("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
        except GitFailed:
            raise UnknownRevision(revision) from None

    def ref(self, name: str) -> str | None:
        """What a ref points at, None if it is not there."""
        return self.refs(name).get(name)

    def refs(self, prefix: str) -> dict[str, str]:
        """All refs at or below `prefix` with what they point at: now, or at `one_look`."""
        seen: dict[str, str] | None = getattr(self._look, "seen", None)
        if seen is None:
            return self.present_refs(prefix)
        if not seen:
            seen.update(self.present_refs("refs"))
        return {ref: oid for ref, oid in seen.items() if f"{ref}/".startswith(f"{prefix}/")}

    def present_refs(self, prefix: str) -> dict[str, str]:
        """All refs at or below `prefix`, as they are now."""
        if not (self.path / "HEAD").is_file():
            raise RepositoryMissing(self.place, "there is no HEAD file")
        lines = self.text("for-each-ref", "--format=%(refname) %(objectname)", prefix)
        return dict(line.split(" ", 1) for line in lines.splitlines() if line)

    def write_blob(self, text: str) -> str:
        return self.text("hash-object", "-w", "--stdin", stdin=text)

    def read_file(self, revision: str, path: str) -> str | None:
        """The text of a file at a commit, None if it is not there; UnknownRevision."""
        commit = self.resolve(revision)
        known, text = self.read_objects([f"{commit}^{{commit}}", f"{commit}:{path}"])
        if known is None:
            raise UnknownRevision(revision)
        return text[1] if text and text[0] == "blob" else None

    def read_blobs(self, oids: Sequence[str]) -> list[str | None]:
        return [found[1] if found else None for found in self.read_objects(oids)]

    def read_objects(self, names: Sequence[str]) -> list[tuple[str, str] | None]:
        """Type and text of objects (ids, or `<commit>:<path>`), None for those not there."""
        answer = self.run("cat-file", "--batch", stdin="".join(f"{n}\n" for n in names).encode())
        found: list[tuple[str, str] | None] = []
        for _ in names:
            header, _, answer = answer.partition(b"\n")
            if header.endswith(b" missing"):
                found.append(None)
                continue
            _, kind, size = header.decode().split(" ")
            content, answer = answer[: int(size)], answer[int(size) + 1 :]
            found.append((kind, content.decode(errors="replace")))
        return found

    def write_tree(self, base: str | None, changes: Mapping[str, str | None]) -> str:
        """The tree of `base` (a commit, None: empty) with files written, or removed (None)."""
        for path in changes:
            check_path(path)
        entries = [self._entry(path, text) for path, text in changes.items()]
        with tempfile.TemporaryDirectory(prefix="slipway-index-") as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            self.run("read-tree", base or "--empty", variables=index)
            self.run(
                "update-index",
                "-z",
                "--index-info",
                stdin="".join(entries).encode(),
                variables=index,
            )
            return self.run("write-tree", variables=index).decode().strip()

    def commit_tree(self, tree: str, parents: Sequence[str], message: str) -> str:
        flags = [flag for parent in parents for flag in ("-p", parent)]
        with self.signing.options() as options:
            sign = ["-S"] if options else []
            return self.text(*options, "commit-tree", *sign, tree, *flags, stdin=message)

    def signature(self, revision: str) -> Signature:
        """What the signature of a commit is worth, by the file of allowed signers."""
        commit = self.resolve(revision)
        if self.signing.signers is None:
            return Signature(problem=f"nobody knows who may sign; set {SIGNERS}")
        shown = self.text(*self.signing.judging(), "log", "-1", _SIGNATURE, commit)
        return told(*shown.split("\0"))

    def update_refs(self, updates: Sequence[RefUpdate]) -> None:
        """Move all refs or none.

        Raises
        ------
        RefMoved
            One of them is not at its old value.
        StaleLock
            A lock file stands in the way whose owner must be dead.
        Contention
            Other processes held the locks the whole time.
        """
        until_won("update of refs", lambda: self._transaction(updates), _Locked)

    def _transaction(self, updates: Sequence[RefUpdate]) -> None:
        lines = "".join(update.line() for update in updates)
        try:
            self.run("update-ref", "--stdin", stdin=lines.encode())
        except GitFailed as error:
            if moved := _MOVED.search(error.stderr):
                raise RefMoved(moved["ref"]) from None
            if locked := LOCKED.search(error.stderr):
                _report_stale(Path(locked["path"]))
                raise _Locked(locked["path"]) from None
            raise

    def _entry(self, path: str, text: str | None) -> str:
        if text is None:
            return f"0 {NOTHING}\t{path}\0"
        return f"100644 {self.write_blob(text)}\t{path}\0"


def clean_environment() -> dict[str, str]:
    """The environment git runs in: nobody's settings, hooks' variables or language, one author."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return {
        **kept,
        "LC_ALL": "C",
        "TZ": "UTC",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": AUTHOR,
        "GIT_AUTHOR_EMAIL": EMAIL,
        "GIT_COMMITTER_NAME": AUTHOR,
        "GIT_COMMITTER_EMAIL": EMAIL,
    }


def check_path(path: str) -> None:
    """PathRefused unless the path is relative, plain and stays inside the tree."""
    parts = path.split("/")
    if any(part.lower() in ("", ".", "..", ".git") for part in parts) or not path.isprintable():
        raise PathRefused(path)


def remove_stale(lock: Path) -> None:
    """Remove a lock file whose owner must be dead; only where all can be had again."""
    if _age(lock) > STALE_AFTER:
        lock.unlink(missing_ok=True)


def _report_stale(lock: Path) -> None:
    if (age := _age(lock)) > STALE_AFTER:
        raise StaleLock(lock, age)


def _age(lock: Path) -> float:
    try:
        return time.time() - lock.stat().st_mtime
    except FileNotFoundError:
        return 0.0

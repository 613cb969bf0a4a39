"""Bare repositories on disk: made whole or not at all, and given their first commit."""

import contextlib
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from gitops.errors import RepositoryMissing
from gitops.git_tree import MAIN
from gitops.plumbing import Git, RefMoved, RefUpdate

_CONFIGURATION = {
    # Old heads stay findable after a forced push, for half a year.
    "core.logAllRefUpdates": "always",
    "gc.reflogExpireUnreachable": "180 days",
    "gc.autoDetach": "false",
    "receive.denyDeletes": "true",
}


def make_bare(path: Path) -> None:
    """Build an empty repository beside its place and move it there; one that is there stays.

    Safe after a crash in the middle, and from several processes at once.
    """
    if (path / "HEAD").is_file():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
        made = Path(folder) / path.name
        git = Git(made)
        git.run("init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(made))
        for key, value in _CONFIGURATION.items():
            git.run("config", key, value)
        try:
            made.rename(path)
        except OSError as error:
            if not (path / "HEAD").is_file():
                why = f"it cannot be made: {error.strerror}"
                raise RepositoryMissing(str(path), why) from error


def begin_if_empty(git: Git, head: Callable[[], str], seed: Mapping[str, str]) -> None:
    """Give a repository without any branch or record `seed` as first commit.

    RepositoryMissing for one that has no main branch but something else.
    """
    try:
        head()
    except RepositoryMissing:
        if git.refs("refs"):
            raise
        begin_main(git, seed)


def begin_main(git: Git, seed: Mapping[str, str]) -> None:
    """Make `seed` the first commit of main, unless another writer was faster."""
    commit = git.commit_tree(git.write_tree(None, seed), [], "Begin the GitOps repository\n")
    with contextlib.suppress(RefMoved):
        git.update_refs([RefUpdate(MAIN, commit, None)])

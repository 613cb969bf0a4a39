"""The forge that needs no server: a bare git repository on disk."""

import contextlib
import tempfile
from collections.abc import Mapping
from pathlib import Path

from gitops.errors import RepositoryMissing
from gitops.local_promotions import LocalPromotions
from gitops.local_tree import MAIN
from gitops.plumbing import Git, RefMoved, RefUpdate

_CONFIGURATION = {
    # Old heads stay findable after a forced push, for half a year.
    "core.logAllRefUpdates": "always",
    "gc.reflogExpireUnreachable": "180 days",
    "receive.denyDeletes": "true",
}


class LocalForge(LocalPromotions):
    """`gitops.forge.Forge` on a bare repository; any number of processes may use it at once.

    People may clone and push to it as to any other. A merge is one commit on main, whose parent
    is main as it was; promotion branches stay, so that what was judged can be found.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.path = path

    @classmethod
    def create(cls, path: Path, seed: Mapping[str, str]) -> "LocalForge":
        """Make the repository with `seed` as first commit; one that is there stays as it is.

        Safe after a crash in the middle, and from several processes at once.
        """
        forge = cls(path)
        try:
            forge.head()
        except RepositoryMissing:
            if not (path / "HEAD").is_file():
                _initialize(path)
            _begin_main(Git(path), seed)
        return forge


def _initialize(path: Path) -> None:
    """Build the empty repository beside its place and move it there whole."""
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
                raise RepositoryMissing(path, f"it cannot be made: {error.strerror}") from error


def _begin_main(git: Git, seed: Mapping[str, str]) -> None:
    commit = git.commit_tree(git.write_tree(None, seed), [], "Begin the GitOps repository\n")
    with contextlib.suppress(RefMoved):
        git.update_refs([RefUpdate(MAIN, commit, None)])

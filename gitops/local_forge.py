"""The forge that needs no server: a bare git repository on disk."""

from collections.abc import Mapping
from pathlib import Path

from gitops.bare import begin_main, make_bare
from gitops.errors import RepositoryMissing
from gitops.plumbing import Git
from gitops.ref_promotions import RefPromotions
from gitops.signing import Signing


class LocalForge(RefPromotions):
    """`gitops.forge.Forge` on a bare repository; any number of processes may use it at once.

    People may clone and push to it as to any other. A merge is one commit on main, whose parent
    is main as it was; promotion branches stay, so that what was judged can be found.
    """

    def __init__(self, path: Path, signing: Signing | None = None) -> None:
        super().__init__(Git(path, signing))
        self.path = path

    @classmethod
    def create(
        cls, path: Path, seed: Mapping[str, str], signing: Signing | None = None
    ) -> "LocalForge":
        """Make the repository with `seed` as first commit; one that is there stays as it is.

        Safe after a crash in the middle, and from several processes at once.
        """
        forge = cls(path, signing)
        try:
            forge.head()
        except RepositoryMissing:
            make_bare(path)
            begin_main(forge._git, seed)
        return forge

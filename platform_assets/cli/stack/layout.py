"""Where a stack keeps its files, and the mark its processes carry."""

import hashlib
import os
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from platform_assets.cli.errors import ShortPathTaken
from resources.settings import Settings

MARK = "SLIPWAY_STACK"
SERVICE = "SLIPWAY_SERVICE"
PRIVATE = 0o700


@dataclass(frozen=True)
class Layout:
    """Every path of one stack; two stacks with different homes share none."""

    settings: Settings

    @cached_property
    def mark(self) -> str:
        """Eight hex digits of the home folder: the value of SLIPWAY_STACK in each process."""
        return hashlib.sha256(str(self.settings.home).encode()).hexdigest()[:8]

    @property
    def folder(self) -> Path:
        return self.settings.home / "stack"

    @property
    def state(self) -> Path:
        return self.folder / "state.json"

    @property
    def lock(self) -> Path:
        return self.folder / "lock"

    @property
    def short(self) -> Path:
        """A link to `folder`: paths of Unix sockets may not be longer than 107 bytes."""
        return Path("/tmp") / f"slipway-{self.mark}"  # noqa: S108  a short name; its owner is checked

    @property
    def scratch(self) -> Path:
        """The services' folder for temporary files."""
        return self.short / "tmp"

    def log(self, name: str) -> Path:
        return self.settings.logs / f"{name}.log"

    def socket(self, name: str) -> Path:
        return self.short / f"{name}.sock"

    def prepare(self) -> None:
        """Make the folders, private where secrets and sockets lie, and the short link.

        Raises
        ------
        ShortPathTaken
            If the short path is not ours.
        """
        settings = self.settings
        for folder in (settings.home, settings.logs, settings.landing):
            folder.mkdir(parents=True, exist_ok=True)
        secret = (settings.ray_token_file.parent, settings.api_token_file.parent)
        for private in (self.folder, *secret):
            private.mkdir(parents=True, exist_ok=True)
            private.chmod(PRIVATE)
        self._link()
        self.scratch.mkdir(exist_ok=True)

    def _link(self) -> None:
        try:
            self.short.symlink_to(self.folder)
        except FileExistsError:
            found = self.short.lstat()
            if not stat.S_ISLNK(found.st_mode) or found.st_uid != os.getuid():
                kind = "a link" if stat.S_ISLNK(found.st_mode) else "no link"
                raise ShortPathTaken(self.short, f"{kind}, of user {found.st_uid}") from None
            if self.short.readlink() != self.folder:
                self.short.unlink()
                self._link()

"""The file of tokens that endpoints know, and the token that this platform shows to them itself."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from resources.errors import NoSuchToken, TokenTaken
from resources.settings import Settings
from serving.access.grants import OWN, Grant, Grants, grant_for, new_token, read_grants

_PRIVATE_FILE, _PRIVATE_FOLDER = 0o600, 0o700


class TokenFile:
    """The grants in a file that only its owner can read; each change replaces it whole.

    Endpoints read it again when it changes, so nothing has to be started again.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Grants:
        """What it grants; nothing if it is not there. GrantsError if it cannot be read."""
        if not self.path.is_file():
            return Grants()
        return read_grants(self.path.read_text(), str(self.path))

    def add(self, grant: Grant) -> None:
        """Take in a new name; TokenTaken for one that is there."""
        with self._changing():
            grants = self.read()
            if grants.named(grant.name):
                raise TokenTaken(grant.name, self.path)
            self._write(grants.with_one(grant))

    def put(self, grant: Grant) -> None:
        """Take in a name, in place of what is there under it."""
        with self._changing():
            self._write(self.read().with_one(grant))

    def revoke(self, name: str) -> None:
        """Take a name out; NoSuchToken if it is not there."""
        with self._changing():
            grants = self.read()
            if grants.named(name) is None:
                raise NoSuchToken(name, [one.name for one in grants.tokens], self.path)
            self._write(grants.without(name))

    @contextmanager
    def _changing(self) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
        with self.path.with_name(f".{self.path.name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, grants: Grants) -> None:
        write_private(self.path, grants.model_dump_json(indent=1) + "\n")


def own_token(settings: Settings) -> str | None:
    """The token of the settings, else the one that `slipway up` made; None if there is none."""
    if settings.api_token is not None:
        return settings.api_token.get_secret_value()
    file = settings.api_token_file
    return file.read_text().strip() if file.is_file() else None


def ensure_own_token(settings: Settings) -> None:
    """Make the platform's own token if there is none, and let endpoints know it."""
    token = own_token(settings) or new_token()
    if settings.api_token is None and not settings.api_token_file.is_file():
        settings.api_token_file.parent.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
        write_private(settings.api_token_file, token)
    wanted, file = grant_for(token, OWN), TokenFile(settings.tokens)
    known = file.read().named(OWN)
    if known is None or known.sha256 != wanted.sha256:
        file.put(wanted)


def write_private(path: Path, text: str) -> None:
    """Replace a file whole; nobody but its owner can read it at any time."""
    made = path.with_name(f".{path.name}.part")
    made.unlink(missing_ok=True)
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE), "w") as file:
        file.write(text)
    made.replace(path)

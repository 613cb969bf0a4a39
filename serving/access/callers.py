"""From a presented token to its grant; the file of grants is read again when it changes."""

import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from serving.access.grants import Grant, Grants, read_grants
from serving.errors import GrantsError

LOOK_SECONDS = 1.0
_VARIABLE = "SLIPWAY_API_TOKENS"

logger = logging.getLogger(__name__)
Stamp = tuple[int, int, int]


class _Known(NamedTuple):
    grant: Grant
    expires: float | None


class Callers:
    """The tokens of `text` and of the file at `path`; a token of the file goes first.

    At most once in LOOK_SECONDS the file is looked at. One that is not there grants nothing; one
    that cannot be read any more leaves in force what was read before, and says so in the log.

    Raises
    ------
    GrantsError
        If `text` or the file cannot be read at the start.
    """

    def __init__(
        self,
        text: str = "",
        path: Path | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._clock = path, clock
        self._fixed = _by_digest(read_grants(text, _VARIABLE) if text else Grants())
        self._stamp = _stamp(path)
        self._known = self._with_file()
        self._recent: dict[bytes, _Known] = {}
        self._next_look = clock() + LOOK_SECONDS

    def __len__(self) -> int:
        return len(self._known)

    def grant_of(self, token: bytes) -> Grant | None:
        """The grant that is in force for a token; None for a token that is not known."""
        if self._clock() >= self._next_look:
            self._look()
        known = self._recent.get(token) or self._found(token)
        if known is None or (known.expires is not None and time.time() >= known.expires):
            return None
        return known.grant

    def _found(self, token: bytes) -> _Known | None:
        """Look a token up by its digest, and keep it at hand if it is known.

        The time that takes tells at most of digests, which whoever asks cannot choose; nor can a
        token be found from how long it takes to see that it is not at hand, since Python compares
        only what has the same hash under its own secret.
        """
        known = self._known.get(hashlib.sha256(token).digest())
        if known is not None:
            self._recent[token] = known
        return known

    def _look(self) -> None:
        self._next_look = self._clock() + LOOK_SECONDS
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._known, self._recent = self._with_file(), {}
        except GrantsError as error:
            logger.warning("the tokens that were known stay in force: %s", error)
        else:
            logger.info("tokens read again, %d known", len(self._known))

    def _with_file(self) -> Mapping[bytes, _Known]:
        if self._path is None or self._stamp is None:
            return self._fixed
        return {**self._fixed, **_by_digest(_read(self._path))}


def _read(path: Path) -> Grants:
    try:
        return read_grants(path.read_text(), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise GrantsError(str(path), [f"{type(error).__name__}: {error}"]) from error


def _by_digest(grants: Grants) -> dict[bytes, _Known]:
    return {
        bytes.fromhex(grant.sha256): _Known(
            grant,
            grant.expires.timestamp() if grant.expires else None,
        )
        for grant in grants.tokens
    }


def _stamp(path: Path | None) -> Stamp | None:
    """What changes when a file is written or replaced; None if there is none."""
    if path is None:
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino

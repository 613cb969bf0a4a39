"""One reconciler at a time on this machine; the lock dies with its process."""

import fcntl
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_POLL = 0.05


class Busy(Exception):
    """Another process kept the lock the whole time."""


def lock_beside(repository: Path) -> Path:
    """The lock file that all reconcilers of a local repository share."""
    return repository.with_name(f"{repository.name}.reconcile.lock")


@contextmanager
def exclusive(path: Path, timeout: float) -> Iterator[str]:
    """Hold the lock file at `path`, waiting up to `timeout` seconds for it; Busy after that.

    Gives a name of the file that no other living process bears meanwhile: the machine's, and a
    word that the file was given when it was first locked.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + timeout
    with path.open("a") as file:
        while not _taken(file.fileno()):
            if time.monotonic() >= deadline:
                raise Busy(str(path))
            time.sleep(_POLL)
        if not path.read_text():
            file.write(f"{secrets.token_hex(4)}\n")
            file.flush()
        yield f"{socket.gethostname()}/{path.read_text().strip()}"


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

"""Where a version is trained again: its commit's files, and the libraries its lock names.

Everything made here is below one folder, and gone at the end however it ends. One at a time uses
that folder; what a killed one left is removed by the next.
"""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from platform_assets.errors import NotReproducible
from platform_assets.identity import digest_of_files
from platform_assets.reproduction.lockfile import differences
from platform_assets.reproduction.pins import Pins
from resources.checkout import CODE_PATHS, Checkout
from resources.tracking_database import alone

ENTRY = Path("platform_assets") / "reproduction" / "again.py"
LOCK = "requirements.lock"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Place:
    """A checkout of the pinned commit, and the Python that has the pinned libraries."""

    checkout: Path
    python: Path


@contextmanager
def workplace(checkout: Checkout, pins: Pins, home: Path, say: Say) -> Iterator[tuple[Place, Path]]:
    """The place to train in, and an empty folder for what comes of it.

    Raises
    ------
    NotReproducible
        If the commit is gone, is older than this command, has another lock than the pinned one, or
        no environment can be made from it.
    """
    room = home / "reproduce"
    with alone(home / ".reproduce.lock"):
        _clear(checkout, room)
        room.mkdir(parents=True)
        try:
            root = _files(checkout, pins, room / "checkout", say)
            yield Place(root, _python(root, pins, room / "venv", say)), room
        finally:
            _clear(checkout, room)


def _files(checkout: Checkout, pins: Pins, worktree: Path, say: Say) -> Path:
    commit = pins.commit
    if checkout.git("cat-file", "-e", f"{commit}^{{commit}}").returncode:
        raise NotReproducible(
            pins.name, f"commit {commit} is not in {str(checkout.root)!r}; fetch it: git fetch"
        )
    root = checkout.root if _same_code(checkout, pins) else worktree
    if root == worktree:
        say(f"checking out {commit[:12]}")
        made = checkout.git("worktree", "add", "--detach", "--quiet", str(worktree), commit)
        if made.returncode:
            raise NotReproducible(
                pins.name, f"commit {commit} cannot be checked out: {made.stderr.strip()}"
            )
    if not (root / ENTRY).is_file():
        raise NotReproducible(pins.name, f"commit {commit} is older than this command")
    found = digest_of_files([root / LOCK])
    if found != pins.lock:
        raise NotReproducible(
            pins.name, f"{LOCK} of commit {commit} has digest {found}, pinned is {pins.lock}"
        )
    return root


def _same_code(checkout: Checkout, pins: Pins) -> bool:
    """Whether the files at hand are those of the commit, as far as they matter."""
    code = checkout.code(pins.model)
    if not code.clean:
        return False
    same = code.commit == pins.commit
    diff = ("diff", "--quiet", pins.commit, "HEAD", "--", *CODE_PATHS)
    return same or checkout.git(*diff).returncode == 0


def _python(root: Path, pins: Pins, venv: Path, say: Say) -> Path:
    """This Python if it has the pinned libraries, otherwise one of a new environment."""
    lock = root / LOCK
    others = differences(lock.read_text())
    if not others and platform.python_version() == pins.python:
        return Path(sys.executable)
    say(f"making an environment with Python {pins.python} from {LOCK}")
    python = venv / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    steps = (
        (uv, "venv", "--quiet", "--python", pins.python, venv),
        (uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python, lock),
    )
    for step in steps:
        if not _done(step):
            others = others or [f"Python is {platform.python_version()}, pinned {pins.python}"]
            raise NotReproducible(
                pins.name,
                f"{', '.join(others[:3])}, and no environment can be made: "
                f"{' '.join(map(str, step[:3]))} failed",
            )
    return python


def _done(step: tuple[str | Path, ...]) -> bool:
    try:
        return subprocess.run(list(map(str, step)), check=False).returncode == 0
    except FileNotFoundError:
        return False


def environment(place: Place, home: Path) -> dict[str, str]:
    """What the process there is told: settings and secrets as they are, and whose files count."""
    return {
        **os.environ,
        "SLIPWAY_HOME": str(home),
        "PYTHONPATH": str(place.checkout),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _clear(checkout: Checkout, room: Path) -> None:
    shutil.rmtree(room, ignore_errors=True)
    checkout.git("worktree", "prune")

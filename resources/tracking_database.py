"""The SQLite file in which MLflow remembers, made whole or not at all.

MLflow makes its tables in many migrations and without a lock: two processes that start at once
get in each other's way, and a process killed in between leaves a file that no later one can use.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, flock
from pathlib import Path
from threading import Lock
from typing import Any

PREFIX = "sqlite:///"
_IMPORTING = Lock()


def import_mlflow() -> None:
    """Import MLflow whole before any part of it is asked for; it takes seconds, the first time.

    Its modules import each other in circles: a thread that asks for a part while another is still
    importing leaves MLflow half imported for the rest of the process.
    """
    with _IMPORTING:
        import mlflow  # noqa: F401  what others ask for is in place once it is there


def database_file(tracking_uri: str) -> Path | None:
    """The file that a tracking address names, if it names one."""
    if not tracking_uri.startswith(PREFIX):
        return None
    return Path(tracking_uri.removeprefix(PREFIX)).absolute()


def make_database(file: Path, artifact_root: Path) -> None:
    """Make the file with its tables and its folder, unless it is there.

    It is made aside and gets its name at the end, so that it is complete whenever it is seen. A
    file that a server made meanwhile stays.
    """
    if file.exists():
        return
    with alone(file.parent / ".database.lock"):
        if file.exists():
            return
        made = file.with_name(f".{file.name}.new")
        for left in file.parent.glob(f"{made.name}*"):
            left.unlink()
        _fill(made, artifact_root)
        with suppress(FileExistsError):
            file.hardlink_to(made)
        made.unlink()


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Wait until no other process of this machine holds the lock; a killed one holds none."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        flock(file, LOCK_EX)
        yield


def _fill(file: Path, artifact_root: Path) -> None:
    import_mlflow()
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    make: Callable[..., Any] = SqlAlchemyStore
    store = make(f"{PREFIX}{file}", artifact_root.absolute().as_uri())
    store.engine.dispose()

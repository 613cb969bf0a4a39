"""Deliveries in a folder of this machine."""

import io
import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from platform_assets.data.sources.pattern import Pattern
from platform_assets.data.sources.port import Arrival, Listing, in_order
from platform_assets.errors import ArrivalChanged, SourceUnavailable

QUIET_SECONDS = 3.0
BUFFER_BYTES = 1 << 20
GONE = "gone"


class FolderSource:
    """The files of a folder that match a glob, in name order.

    A writer moves a file's time of modification to the present with each write, so a file younger
    than QUIET_SECONDS may still grow and is left for a later listing. Whoever renames a whole file
    into place, with its old time, is not made to wait.
    """

    def __init__(self, folder: Path, pattern: str, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._pattern = Pattern(pattern)
        self._clock = clock

    @property
    def place(self) -> str:
        return str(self._folder)

    def listing(self) -> Listing:
        """What is there now; each stamp is size in bytes, time in nanoseconds and inode."""
        finished: list[Arrival] = []
        skipped: dict[str, str] = {}
        root, now = os.path.realpath(self._folder), self._clock()
        for entry, name in self._walk(skipped):
            judged = self._judge(entry, name, root, now)
            if isinstance(judged, str):
                skipped[_printable(name)] = judged
            else:
                finished.append(judged)
        return Listing(in_order(finished), skipped)

    def open(self, arrival: Arrival) -> BinaryIO:
        """The file, which must end as it began: a writer that is noticed at the end is an error."""
        try:
            file = _Unchanging(self.place, self._folder / arrival.name, arrival)
        except FileNotFoundError as error:
            raise ArrivalChanged(self.place, arrival.name, arrival.stamp, GONE) from error
        except OSError as error:
            raise SourceUnavailable(self.place, _reason(error, arrival.name)) from error
        return io.BufferedReader(file, BUFFER_BYTES)

    def _walk(self, skipped: dict[str, str]) -> Iterator[tuple[os.DirEntry[str], str]]:
        """Every entry that could be a delivery, with its name below the folder."""
        waiting = [""]
        while waiting:
            below = waiting.pop()
            for entry in self._entries(below, skipped):
                name = f"{below}{entry.name}"
                if not _is_folder(entry):
                    yield entry, name
                elif (reason := self._refused_folder(entry, name)) is not None:
                    skipped[_printable(name)] = reason
                else:
                    waiting.append(f"{name}/")

    def _entries(self, below: str, skipped: dict[str, str]) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self._folder / below) as entries:
                return list(entries)
        except FileNotFoundError:
            return []
        except OSError as error:
            if not below:
                raise SourceUnavailable(self.place, _reason(error)) from error
            skipped[_printable(below.rstrip("/"))] = f"cannot be read ({error.strerror})"
            return []

    def _refused_folder(self, entry: os.DirEntry[str], name: str) -> str | None:
        if entry.name.startswith("."):
            return "hidden"
        if entry.is_symlink():
            return "is a linked folder"
        depth = self._pattern.depth
        too_deep = depth is not None and name.count("/") >= depth
        return "is a folder, and the pattern looks in none" if too_deep else None

    def _judge(self, entry: os.DirEntry[str], name: str, root: str, now: float) -> Arrival | str:
        """The arrival that an entry is, or the reason why it is none."""
        try:
            seen = entry.stat()
            reason = self._pattern.refusal(name) or _unusable(entry, name, root, seen)
        except FileNotFoundError:
            return "links to nothing" if entry.is_symlink() else GONE
        except OSError as error:
            return f"cannot be read ({error.strerror})"
        if reason is None and abs(now - seen.st_mtime) < QUIET_SECONDS:
            reason = "still being written"
        return reason or Arrival(name, _stamp(seen), seen.st_size)


class _Unchanging(io.FileIO):
    """A file that has the arrival's stamp when it is opened, and again at its end."""

    def __init__(self, place: str, path: Path, arrival: Arrival) -> None:
        # Without O_NONBLOCK, opening a pipe would wait for its writer.
        super().__init__(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
        self._place = place
        self._arrival = arrival
        self._look()

    def readinto(self, buffer: Any, /) -> int | None:
        size = super().readinto(buffer)
        if not size:
            self._look()
        return size

    def readall(self) -> bytes:
        content = super().readall()
        self._look()
        return content

    def _look(self) -> None:
        now = _stamp(os.fstat(self.fileno()))
        if now != self._arrival.stamp:
            self.close()
            raise ArrivalChanged(self._place, self._arrival.name, self._arrival.stamp, now)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _unusable(entry: os.DirEntry[str], name: str, root: str, seen: os.stat_result) -> str | None:
    """Why nothing can be read from an entry with a fitting name; None if it can."""
    if not name.isascii() and _printable(name) != name:
        return "its name is not UTF-8"
    if entry.is_symlink() and os.path.commonpath([root, os.path.realpath(entry.path)]) != root:
        return "links out of the folder"
    if not stat.S_ISREG(seen.st_mode):
        return "is no regular file"
    readable = os.access(entry.path, os.R_OK, effective_ids=os.access in os.supports_effective_ids)
    return None if readable else "cannot be read (Permission denied)"


def _stamp(seen: os.stat_result) -> str:
    return f"{seen.st_size}-{seen.st_mtime_ns}-{seen.st_ino}"


def _printable(name: str) -> str:
    """The name as text; bytes that are no UTF-8 are spelled out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _reason(error: OSError, name: str = "") -> str:
    return f"{name}: {error.strerror}" if name else str(error.strerror)

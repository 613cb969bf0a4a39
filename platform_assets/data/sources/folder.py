"""Deliveries in a folder of this machine."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from platform_assets.data.sources.port import Arrival, Listing
from platform_assets.errors import ArrivalChanged


@dataclass(frozen=True)
class FolderSource:
    """Files below `folder` whose name matches `pattern`."""

    folder: Path
    pattern: str

    @property
    def place(self) -> str:
        return str(self.folder / self.pattern)

    def listing(self) -> Listing:
        files = sorted(path for path in self.folder.glob(self.pattern) if _finished(path))
        return Listing(tuple(self._arrival(path) for path in files))

    def open(self, arrival: Arrival) -> BinaryIO:
        path = self.folder / arrival.name
        found = self._arrival(path) if path.is_file() else None
        if found != arrival:
            now = found.stamp if found else "gone"
            raise ArrivalChanged(self.place, arrival.name, arrival.stamp, now)
        return path.open("rb")

    def _arrival(self, path: Path) -> Arrival:
        stat = path.stat()
        stamp = f"{stat.st_size}-{stat.st_mtime_ns}"
        return Arrival(path.relative_to(self.folder).as_posix(), stamp, stat.st_size)


def _finished(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".") and path.suffix not in (".tmp", ".part")

"""Bundles, fitted candidates and reports on disk: written whole or not at all, never changed."""

import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from resources.errors import ArtifactError

REMOVED = ".removed-"
_LEFT_BEHIND = 24 * 3600.0


@dataclass(frozen=True)
class Found:
    """A stored folder: `idle` seconds since it was last used, `size` in bytes."""

    key: str
    idle: float
    size: int


class Artifacts:
    """Folders below one root, each named by what it was made from.

    The root is a local folder; ArtifactError for any other kind of address.
    """

    def __init__(self, root: Path | str) -> None:
        if "://" in str(root) and not str(root).startswith("file://"):
            raise ArtifactError(
                f"SLIPWAY_ARTIFACTS_URI: got {str(root)!r}, expected a local folder or file://"
            )
        self._root = Path(str(root).removeprefix("file://")).absolute()

    def bundles(self, model: str) -> Path:
        """The store in which `serving.bundle.write_bundle` puts the model's bundles."""
        return self._root / "bundles" / model

    def bundle_folder(self, model: str, digest: str) -> Path:
        return self.bundles(model) / digest.removeprefix("sha256:")

    def all_bundles(self) -> list[tuple[str, str, Path]]:
        """Model, digest and folder of every bundle that is stored."""
        return [
            (folder.parent.name, f"sha256:{folder.name}", folder)
            for folder in sorted(self._root.glob("bundles/*/*"))
            if folder.is_dir() and not folder.name.startswith(".")
        ]

    def bundle_uri(self, model: str, digest: str) -> str:
        return self.bundle_folder(model, digest).as_uri()

    def folder(self, kind: str, model: str, key: str) -> Path:
        """Where `publish` puts the files of a key."""
        return self._root / kind / model / key

    def has(self, kind: str, model: str, key: str) -> bool:
        """Whether a key is there; it counts as used now."""
        try:
            os.utime(self.folder(kind, model, key))
        except FileNotFoundError:
            return False
        return True

    def stored(self, kind: str, model: str) -> list[Found]:
        """Every key of a kind with its weight and the seconds since it was last used."""
        now, place = time.time(), self._root / kind / model
        return [
            Found(one.name, now - one.stat().st_mtime, _size(one))
            for one in sorted(place.glob("[!.]*"))
            if one.is_dir()
        ]

    def remove(self, kind: str, model: str, key: str, idle: float) -> bool:
        """Take a key away in one step, unless it was used within `idle` seconds.

        Also clears away what a killed process had begun to write or to remove a day ago.
        """
        folder = self.folder(kind, model, key)
        _clear(folder.parent)
        try:
            if time.time() - folder.stat().st_mtime < idle:
                return False
            gone = folder.rename(folder.with_name(f"{REMOVED}{key}"))
        except FileNotFoundError:
            return False
        shutil.rmtree(gone, ignore_errors=True)
        return True

    def publish(self, kind: str, model: str, key: str, files: Mapping[str, bytes]) -> Path:
        """Write all files of a key in one step; files published before stay as they are.

        ArtifactError if the folder cannot be written.
        """
        target = self.folder(kind, model, key)
        try:
            if not target.is_dir():
                _write_folder(target, files)
        except OSError as error:
            # Renaming onto a folder that is not empty fails: another writer was first.
            if not target.is_dir():
                raise ArtifactError(f"{target} cannot be written: {error}") from error
        return target

    def load(self, kind: str, model: str, key: str, name: str) -> bytes:
        """One published file; ArtifactError if it is not there."""
        path = self.folder(kind, model, key) / name
        try:
            return path.read_bytes()
        except OSError as error:
            raise ArtifactError(f"{path} cannot be read: {error.strerror}") from error


def _write_folder(target: Path, files: Mapping[str, bytes]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".", dir=target.parent))
    try:
        for name, content in files.items():
            _write(made / name, content)
        made.rename(target)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _size(folder: Path) -> int:
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())


def _clear(place: Path) -> None:
    for left in place.glob(".*"):
        if time.time() - left.stat().st_mtime > _LEFT_BEHIND:
            shutil.rmtree(left, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())

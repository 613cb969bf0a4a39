"""The files of the prediction log, read apart from what writes them.

The format is in docs/reference.md. A writer renames its files into place in the order of their
numbers, so of two listings the second holds every file up to the newest that the first one saw.
"""

import gzip
import json
import re
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from serving.signature import Signature

FORMAT = 1
UNREADABLE = ".unreadable"
_HELD_SECONDS = 15.0
"""A file holds the requests of the seconds before it was written, on a busy machine some more."""
_LEFT_SECONDS = 86_400.0
_NAME = re.compile(r"([0-9a-f]{16})-([0-9]{8})\.jsonl\.gz")


@dataclass(frozen=True, order=True)
class LogFile:
    """A whole file of one writer; `sequence` counts from 1, `written` in s since 1970."""

    writer: str
    sequence: int
    path: Path
    size: int
    written: float


@dataclass(frozen=True)
class Logged:
    """What a file holds: its lines as objects, and the signature of each bundle by digest."""

    file: LogFile
    environment: str
    dropped: int
    rows: int
    signatures: dict[str, Signature]
    lines: list[dict[str, Any]]


def waiting(root: Path, model: str) -> list[LogFile]:
    """The whole files of a model, of all environments, by writer and number."""
    newest: dict[str, int] = {}
    for one in _listing(root, model):
        newest[one.writer] = max(one.sequence, newest.get(one.writer, 0))
    return sorted(one for one in _listing(root, model) if one.sequence <= newest.get(one.writer, 0))


def waiting_since(root: Path, model: str) -> datetime | None:
    """From when on (UTC) requests may wait in a file to land; None if no file waits.

    Who judges what came later would judge a part of it, and never see the rest.
    """
    oldest = min((one.written for one in waiting(root, model)), default=None)
    return None if oldest is None else datetime.fromtimestamp(oldest - _HELD_SECONDS, UTC)


def refused(root: Path, model: str) -> list[str]:
    """The names of files that were set aside since they could not be read."""
    return sorted(path.name for path in root.glob(f"*/{model}/*{UNREADABLE}"))


def set_aside(file: LogFile) -> None:
    """Let a file that cannot be read stand where a person finds it, and no run looks again."""
    file.path.rename(file.path.with_name(file.path.name + UNREADABLE))


def clear(root: Path, model: str) -> None:
    """Remove what killed writers left half-written a day ago or earlier."""
    for path in root.glob(f"*/{model}/.*.part"):
        if time.time() - path.stat().st_mtime > _LEFT_SECONDS:
            path.unlink(missing_ok=True)


def read(file: LogFile) -> Logged | None:
    """What a file holds; None if it is damaged or of another format.

    Raises
    ------
    FileNotFoundError
        If it is gone: what has landed is removed.
    """
    try:
        head, *lines = map(json.loads, gzip.decompress(file.path.read_bytes()).splitlines())
        signatures = {
            digest: Signature.model_validate(one) for digest, one in head["signatures"].items()
        }
        if (head["format"], head["requests"]) != (FORMAT, len(lines)):
            return None
        return Logged(file, head["environment"], head["dropped"], head["rows"], signatures, lines)
    except (gzip.BadGzipFile, EOFError, zlib.error, ValueError, KeyError, TypeError):
        return None


def found(files: Iterable[LogFile], request_id: str) -> Iterator[tuple[Logged, dict[str, Any]]]:
    """The lines of one request among files, each with the file that it is from."""
    for file in files:
        try:
            logged = read(file)
        except FileNotFoundError:
            continue
        for line in logged.lines if logged else ():
            if logged and line["request_id"] == request_id:
                yield logged, line


def _listing(root: Path, model: str) -> list[LogFile]:
    seen = []
    for path in root.glob(f"*/{model}/*.jsonl.gz"):
        named = _NAME.fullmatch(path.name)
        if named:
            try:
                told = path.stat()
            except FileNotFoundError:
                continue
            seen.append(LogFile(named[1], int(named[2]), path, told.st_size, told.st_mtime))
    return seen

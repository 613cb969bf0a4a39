"""Files of the prediction log land in the table `predictions`, each exactly once.

The table carries, for each writer, the number of its last file that has landed. A file goes once
the commit that names it is there; what a crash leaves behind is removed by the next run.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from platform_assets.watch.log_files import LogFile, Logged, clear, read, set_aside, waiting
from platform_assets.watch.log_rows import LAYOUT, SCHEMA, rows, widened
from resources.errors import ConcurrentWrite
from resources.lake import ATTEMPTS, Lake

BATCH_FILES = 256
BATCH_BYTES = 16 << 20


@dataclass(frozen=True)
class Landed:
    """What a run took in: rows that the files say they hold, and those that were written.

    `gone` are files that were never found though later ones of their writer were.
    """

    files: int = 0
    requests: int = 0
    rows: int = 0
    written: int = 0
    dropped: int = 0
    gone: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    writers: frozenset[str] = field(default=frozenset())

    def __add__(self, other: "Landed") -> "Landed":
        pairs = {name: (value, getattr(other, name)) for name, value in vars(self).items()}
        return Landed(
            **{
                name: one | two if isinstance(one, frozenset) else one + two
                for name, (one, two) in pairs.items()
            }
        )


def table(model: str) -> str:
    return f"{model}/predictions"


def land(lake: Lake, root: Path, model: str) -> Landed:
    """Take in all files that are there now, a batch in each commit."""
    total = Landed()
    for batch in batches(waiting(root, model)):
        total += _land_batch(lake, table(model), batch)
        for file in batch:
            file.path.unlink(missing_ok=True)
    clear(root, model)
    return total


def batches(files: Sequence[LogFile]) -> Iterator[list[LogFile]]:
    """The files in their order, at most BATCH_FILES of about BATCH_BYTES at a time."""
    batch: list[LogFile] = []
    for file in files:
        full = len(batch) == BATCH_FILES or sum(one.size for one in batch) > BATCH_BYTES
        if batch and full:
            yield batch
            batch = []
        batch.append(file)
    if batch:
        yield batch


def _land_batch(lake: Lake, name: str, batch: Sequence[LogFile]) -> Landed:
    """One commit behind the version that was looked at; whoever is second looks again."""
    unreadable: list[str] = []
    for _ in range(ATTEMPTS):
        behind = lake.newest(name)
        before = {one.writer: _last(lake, name, one.writer, behind) for one in batch}
        due = [one for one in batch if one.sequence > before[one.writer]]
        found = list(_opened(due, unreadable))
        if not found:
            return Landed(unreadable=tuple(unreadable))
        signatures = [one for logged in found for one in logged.signatures.values()]
        schema = widened(SCHEMA if behind is None else lake.schema(name), signatures)
        if behind is not None and lake.widen(name, schema):
            continue
        made = [rows(logged, schema) for logged in found]
        marks = {logged.file.writer: logged.file.sequence for logged in found}
        parts = [part for one in made for part in one.to_batches()]
        if lake.commit_behind(name, behind, schema, parts, marks, layout=LAYOUT) is not None:
            return _told(due, found, made, unreadable, before)
    raise ConcurrentWrite(lake.uri(name), ATTEMPTS)


def missing(due: Sequence[LogFile], before: Mapping[str, int]) -> Iterator[str]:
    """The files that must have been between what landed `before` and what is there now."""
    there = {(one.writer, one.sequence) for one in due}
    newest = {one.writer: one.sequence for one in sorted(due)}
    for writer, last in newest.items():
        for number in range(before[writer] + 1, last):
            if (writer, number) not in there:
                yield f"{writer}-{number:08d}"


def _last(lake: Lake, name: str, writer: str, version: int | None) -> int:
    return 0 if version is None else lake.mark(name, writer, version) or 0


def _opened(due: Sequence[LogFile], unreadable: list[str]) -> Iterator[Logged]:
    for file in due:
        try:
            logged = read(file)
        except FileNotFoundError:
            continue
        if logged is None:
            set_aside(file)
            unreadable.append(file.path.name)
        else:
            yield logged


def _told(
    due: Sequence[LogFile],
    found: Sequence[Logged],
    made: Sequence[pa.Table],
    unreadable: Sequence[str],
    before: dict[str, int],
) -> Landed:
    return Landed(
        files=len(found),
        requests=sum(len(one.lines) for one in found),
        rows=sum(one.rows for one in found),
        written=sum(one.num_rows for one in made),
        dropped=sum(one.dropped for one in found),
        gone=tuple(missing(due, before)),
        unreadable=tuple(unreadable),
        writers=frozenset(one.file.writer for one in found),
    )

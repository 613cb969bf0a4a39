"""A process that takes in and cleans for ever, and is killed with kill -9 in the middle of it."""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import numpy as np

from platform_assets.data import ledger
from platform_assets.data.cleaning import Cleaner
from platform_assets.data.intake import DELIVERIES
from platform_assets.data.sources.folder import FolderSource
from tests.support.delivered import HEADER, MODEL, Deliveries

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["__main__", __name__])
BEFORE_RAW = "before raw"
BEFORE_CLEANED = "between raw and cleaned"
BEFORE_QUARANTINE = "between cleaned and quarantine"
IDLE = "idle"
# How often files arrive while others are still due.
EARLY = 0.1


@dataclass(frozen=True)
class File:
    """A file as it is delivered, and how many rows it is."""

    name: str
    content: bytes
    rows: int


def files(seed: int, rows: int) -> Iterator[File]:
    """Files without end: most of them with a few bad rows, some broken whole, some known before.

    Each shares a few keys with the one before it.
    """
    draw = np.random.default_rng(seed)
    number = 0
    while True:
        lines = [
            _line(draw.random(), key) for key in range(number * rows - 3, number * rows + rows)
        ]
        content = "\n".join([HEADER, *lines, ""]).encode()
        kind = draw.random()
        if kind < 0.1:
            yield File(f"{number:06}.csv", content.replace(b",web", b",pigeon"), len(lines))
        elif kind < 0.2:
            yield File(f"{number:06}.csv", content + f'o{number},1,"web\n'.encode(), 1)
        else:
            yield File(f"{number:06}.csv", content, len(lines))
        number += 1


def _line(luck: float, key: int) -> str:
    if luck < 0.05:
        return f"o{key},minus,web"
    return f"o{key}" if luck < 0.1 else f"o{key},{key % 97},web"


def work(deliveries: Deliveries, says: Connection) -> None:
    """Take in and clean until killed; says when it begins, and when a first pass has done all."""
    says.send(time.monotonic())
    while True:
        taken = deliveries.take_in()
        if taken.version is not None:
            deliveries.clean()
        if taken.entries:
            says.send(time.monotonic())


def started(deliveries: Deliveries) -> tuple[ForkServerProcess, Connection, float]:
    """A process at work, what it says, and when it began, in seconds of the machine's clock."""
    hears, says = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=work, args=(deliveries, says))
    process.start()
    says.close()
    return process, hears, hears.recv()


def pass_seconds(deliveries: Deliveries, source: Iterator[File]) -> float:
    """How long an undisturbed process takes for two files; the middle one of three."""
    taken = []
    for _ in range(3):
        deliver_two(deliveries, source)
        process, hears, begun = started(deliveries)
        taken.append(hears.recv() - begun)
        kill(process)
    return sorted(taken)[1]


def deliver_two(deliveries: Deliveries, source: Iterator[File]) -> list[File]:
    found = [next(source), next(source)]
    for file in found:
        deliveries.deliver(file.name, file.content)
    return found


def kill(process: ForkServerProcess) -> None:
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL, f"it failed by itself: {process.exitcode}"


def phase(cleaner: Cleaner, landing: Path) -> str:
    """Where the process was killed, by what it left."""
    lake = cleaner.lake
    clean, bad = (
        cleaner.position(name, lake.newest(cleaner.table(name)))
        for name in ("cleaned", "quarantine")
    )
    raw = lake.mark(cleaner.table("raw"), DELIVERIES) if lake.exists(cleaner.table("raw")) else 0
    listing = FolderSource(landing, "*").listing()
    if bad < clean:
        return BEFORE_QUARANTINE
    if clean < (raw or 0):
        return BEFORE_CLEANED
    return BEFORE_RAW if ledger.pending(listing, ledger.seen(lake, MODEL)) else IDLE


def kill_often(
    deliveries: Deliveries, source: Iterator[File], kills: int, most: float, seed: int
) -> tuple[list[File], Counter[str]]:
    """Kill whoever is at work, again and again, each up to `most` seconds after it has begun.

    Two files arrive whenever the last ones are done, and now and then before: a backlog that only
    grew would have every kill fall into the same long step. Returns the files and how many kills
    came in which phase.
    """
    draw, delivered, phases = np.random.default_rng(seed), list[File](), Counter[str]()
    found, cleaner = IDLE, deliveries.cleaner
    for _ in range(kills):
        if found == IDLE or draw.random() < EARLY:
            delivered += deliver_two(deliveries, source)
        process, hears, _ = started(deliveries)
        process.join(draw.uniform(0, most))
        kill(process)
        hears.close()
        found = phase(cleaner, deliveries.landing)
        phases[found] += 1
    return delivered, phases

"""Long load at half of what callers in turn get: `make soak`, or `make soak SECONDS=60`.

One replica of real Ray Serve behind HAProxy, with its prediction log. Eight callers ask in all
forms, good ones and bad ones; each rests for as long as its answer took. Ends with 1 if an answer
was not the one expected, or if memory or file handles of a process grew more than is allowed
between the middle third and the last third. Prints Markdown.
"""

import argparse
import asyncio
import gzip
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import orjson
import psutil

from benchmarks.serving.open_loop import Caller
from benchmarks.serving.processes import PROXY, REPLICA, Processes, words
from benchmarks.telling import head, load_told, row
from gitops.manifest import serve_application
from serving.bundle import write_bundle
from tests.support.bundles import line_contents
from tests.support.ray_head import ray_head
from tests.support.releases import serving

PORT = 41300
SECONDS = 900.0
CALLERS = 8
LOOKS = 30
MOST_MIB = 16.0
MOST_HANDLES = 16
NAMES = (REPLICA, PROXY)
HEADINGS = ("process", "MiB, first, middle and last third", "grown, MiB", "handles", "grown")
ROWS = [{"a": number, "b": 2} for number in range(20)]
TENSORS = [{"name": name, "datatype": "FP64", "shape": [1], "data": [1]} for name in "ab"]


@dataclass(frozen=True)
class Question:
    """A request, and the status that it must get."""

    path: str
    body: bytes
    status: int = 200
    media: str = "application/json"


QUESTIONS = (
    Question("invocations", orjson.dumps({"instances": ROWS[:1]})),
    Question("invocations", orjson.dumps({"dataframe_records": ROWS})),
    Question("invocations", b"a,b\n1,2\n3,4\n", media="text/csv"),
    Question("v2/models/line/infer", orjson.dumps({"inputs": TENSORS})),
    Question("invocations", b'{"instances": [{"a": "no number", "b": 2}]}', 400),
    Question("invocations", b"{", 400),
    Question("invocations", gzip.compress(b"no JSON"), 415, "application/zip"),
)


@dataclass
class Process:
    """Memory in MiB and file handles of one process, at each look."""

    name: str
    mib: list[float] = field(default_factory=list)
    handles: list[int] = field(default_factory=list)

    @property
    def grown(self) -> tuple[float, float]:
        """By how much the median of the last third is above that of the middle third."""
        return _grown(self.mib), _grown(self.handles)

    @property
    def flat(self) -> bool:
        mib, handles = self.grown
        return mib <= MOST_MIB and handles <= MOST_HANDLES


@dataclass(frozen=True)
class Soaked:
    """`asked` and `wrong` are counts of answers; `processes` those that served to the end.

    HAProxy takes a new process when its routes change, which it may learn of after the first look;
    so one counts that was there for at least half of the looks.
    """

    asked: int
    wrong: Counter[str]
    processes: Sequence[Process]

    @property
    def sound(self) -> bool:
        seen = {one.name for one in self.processes}
        return not self.wrong and seen == set(NAMES) and all(one.flat for one in self.processes)


def soak(url: str, processes: Processes, seconds: float) -> Soaked:
    """Ask below `url` for so long, and look at those of the processes that serve."""
    asked, wrong = Counter[str](), Counter[str]()
    watched: dict[psutil.Process, Process] = {}

    async def all_at_once() -> None:
        ended = asyncio.Event()
        callers = [asyncio.create_task(_ask(url, at, ended, asked, wrong)) for at in range(CALLERS)]
        for _ in range(LOOKS):
            await asyncio.sleep(seconds / LOOKS)
            await asyncio.to_thread(_look, watched, processes)
        ended.set()
        await asyncio.gather(*callers)

    asyncio.run(all_at_once())
    served = [
        seen for one, seen in watched.items() if one.is_running() and len(seen.mib) >= LOOKS // 2
    ]
    return Soaked(asked.total(), wrong, served)


async def _ask(
    url: str, first: int, ended: asyncio.Event, asked: Counter[str], wrong: Counter[str]
) -> None:
    callers = [Caller(f"{url}/{one.path}", one.body, one.media) for one in QUESTIONS]
    number = first
    while not ended.is_set():
        question, caller = QUESTIONS[number % len(QUESTIONS)], callers[number % len(QUESTIONS)]
        begun = time.perf_counter()
        answer = await caller.ask(begun)
        asked[question.path] += 1
        if answer.status != question.status:
            wrong[f"{answer.error or answer.status} for {question}"] += 1
        await asyncio.sleep(time.perf_counter() - begun)
        number += 1
    for caller in callers:
        caller.close()


def _look(watched: dict[psutil.Process, Process], running: Processes) -> None:
    for process in running():
        with suppress(psutil.NoSuchProcess):
            if process not in watched and (name := _name(process)):
                watched[process] = Process(name)
            if process in watched:
                memory, handles = process.memory_info().rss, process.num_fds()
                watched[process].mib.append(memory / 2**20)
                watched[process].handles.append(handles)


def _name(process: psutil.Process) -> str:
    """What it serves as, empty if it does not."""
    said = words(process)
    return next((name for name in NAMES if name in said), "")


def _grown(seen: Sequence[float]) -> float:
    third = len(seen) // 3
    return median(seen[-third:]) - median(seen[third:-third])


def report(soaked: Soaked, seconds: float) -> str:
    wrong = ", ".join(f"{count} x {kind}" for kind, count in soaked.wrong.items()) or "0"
    lines = [
        f"{soaked.asked:,} requests in {seconds:g} s, answered otherwise than expected: {wrong}.",
        "",
        head(HEADINGS),
    ]
    for one in soaked.processes:
        mib, handles = one.grown
        thirds = ", ".join(f"{median(part):,.1f}" for part in _thirds(one.mib))
        held = ", ".join(f"{median(part):g}" for part in _thirds(one.handles))
        lines.append(row((one.name, thirds, f"{mib:+.1f}", held, f"{handles:+g}")))
    return "\n".join(lines)


def _thirds(seen: Sequence[float]) -> list[Sequence[float]]:
    third = len(seen) // 3
    return [seen[:third], seen[third:-third], seen[-third:]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--port", type=int, default=PORT)
    asked = parser.parse_args()
    with (
        load_told(),
        tempfile.TemporaryDirectory(prefix="s", dir="/tmp") as folder,
        ray_head(asked.port) as ray,
    ):
        bundle = write_bundle(Path(folder), line_contents())
        ray.deploy(serve_application(serving(bundle, "production")))
        ray.wait_for("line", "RUNNING")
        soaked = soak(f"{ray.serve}/line", ray.processes, asked.seconds)
        print(report(soaked, asked.seconds))
    return int(not soaked.sound)


if __name__ == "__main__":
    sys.exit(main())

"""Slipway beside what users would pick instead: `make bench-serving`.

One run, interleaved rounds, the same fitted pipeline and the same JSON for everyone. Prints
Markdown; what it says on the way goes to stderr.
"""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.serving.case import Case, build
from benchmarks.serving.contestants import Contestant, peers
from benchmarks.serving.processes import Processes, used
from benchmarks.serving.report import Measured, report
from benchmarks.serving.running import running
from benchmarks.serving.slipway import slipways
from benchmarks.serving.wrk import Load, require, shoot
from benchmarks.telling import say

LOADS = (Load(1, 1), Load(1, 8), Load(1, 32), Load(32, 8), Load(1000, 8))
WARM_SECONDS = 1


def main() -> None:
    asked = arguments()
    require()
    # So that what was started is ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="b", dir="/tmp") as folder, ExitStack() as stack:
        say("fitting and exporting")
        case = build(Path(folder))
        chosen = started(stack, case, asked.port, asked.only)
        results = list(rounds(case, chosen, asked.rounds, asked.seconds))
    print(report(list(chosen), LOADS, results, (before, os.getloadavg()[0])))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="Measurements of each pair.")
    parser.add_argument("--seconds", type=int, default=3, help="Length of a measurement.")
    parser.add_argument("--port", type=int, default=27000, help="The first of about 1,030.")
    parser.add_argument("--only", nargs="*", default=[], help="Begins of names; Slipway always.")
    return parser.parse_args()


def started(
    stack: ExitStack, case: Case, port: int, only: Sequence[str]
) -> dict[Contestant, Processes]:
    ours, processes = stack.enter_context(slipways(case, port))
    chosen = dict.fromkeys(ours, processes)
    for one in peers(case, port + 100):
        if not only or one.name.startswith(tuple(only)):
            say(f"starting {one.name}")
            chosen[one] = stack.enter_context(running(one, case))
    return chosen


def rounds(
    case: Case, contestants: Mapping[Contestant, Processes], count: int, seconds: int
) -> Iterable[Measured]:
    """Each load goes round all contestants before the next; each round begins with another."""
    order = list(contestants)
    for number in range(count):
        turn = number % len(order)
        for load in LOADS:
            say(f"round {number + 1} of {count}: {load}")
            for one in (*order[turn:], *order[:turn]):
                yield measured(case, one, contestants[one], load, seconds)


def measured(
    case: Case, one: Contestant, processes: Processes, load: Load, seconds: int
) -> Measured:
    body = case.bodies[load.rows]
    shoot(one.url, body, load, WARM_SECONDS, one.token)
    busy = list(processes())
    before = used(busy)
    shot = shoot(one.url, body, load, seconds, one.token)
    cpu_us = (used(busy) - before) / max(1, shot.rate * seconds) * 1e6
    say(f"  {one.name}: {shot.rate:,.0f}/s, p50 {shot.p50:.2f} ms, {cpu_us:,.0f} µs of processor")
    return Measured(one.name, load, shot, cpu_us)


if __name__ == "__main__":
    main()

"""From a new file to live in production, and from a bad version to the one before, in seconds.

    make bench-promotion          (or: .venv/bin/python -m benchmarks.promotion --rounds 3)

On a stack of its own, with the model `diabetes` and production under `auto`. What is timed is
when the outside shows it: git, the record of the deployment, the answering endpoint. Prints
Markdown.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from numpy import median

from benchmarks.telling import say
from gitops.forge import Commit
from gitops.manifest import manifest_path, render
from gitops.policy import POLICY_PATH
from platform_assets.defs.diabetes import source
from tests.support.stack import Stack, until

MODEL, SECONDS = "diabetes", 900.0
Marks = dict[str, float]


class TooBusy(Exception):
    """A good version was taken back, since this machine was too busy to answer in time."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="Measurements of each.")
    rounds = parser.parse_args().rounds
    before = os.getloadavg()[0]
    forward, back = [], []
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as home, running(Path(home)) as stack:
        first_version(stack)
        for number in range(1, rounds + 1):
            forward.append(whole_way(stack))
            back.append(bad_version(stack))
            say(f"round {number} of {rounds}: {forward[-1]} {back[-1]}")
    print(report(forward, back, (before, os.getloadavg()[0])))


@contextmanager
def running(home: Path) -> Iterator[Stack]:
    stack = Stack.at(home)
    try:
        stack.slipway("up", "--detach")
        yield stack
    finally:
        stack.slipway("down")


def first_version(stack: Stack) -> None:
    """Let production take what passes its gates, and bring a first version there."""
    forge, head = stack.forge, stack.forge.head()
    policy = forge.read(POLICY_PATH, head) or ""
    changes = {POLICY_PATH: policy.replace("approval: review", "approval: auto")}
    forge.commit(head, changes, "Let production take what passes its gates\n")
    source.deliver(stack.settings.landing / MODEL)
    try_until(stack, lambda: proven_head(stack, "production"))


def try_until(stack: Stack, there: Callable[[], bool]) -> None:
    """Bring a version that was taken back for want of speed again, until it is there."""
    while not there():
        until(
            lambda: there() or missed(stack),
            "the version in production",
            SECONDS,
            told=lambda: standing(stack),
        )
        for environment in missed(stack):
            say(f"this machine is too busy: {stack.too_slow(MODEL, environment)}")
            stack.try_again(MODEL, environment)
    until(lambda: stack.idle(MODEL), "the end of its runs", SECONDS)


def whole_way(stack: Stack) -> Marks:
    """A measurement in which no version was taken back because this machine was too busy."""
    while True:
        old = stack.live(MODEL)
        try:
            return new_file(stack)
        except TooBusy as error:
            say(f"not counted: {error}")
            try_until(stack, partial(replaced, stack, old))


def replaced(stack: Stack, old: str) -> bool:
    return stack.live(MODEL) not in ("", old) and proven_head(stack, "production")


def missed(stack: Stack) -> list[str]:
    """Where a good version was taken back because this machine was too busy."""
    return [name for name in ("staging", "production") if stack.too_slow(MODEL, name)]


def new_file(stack: Stack) -> Marks:
    """From the file's arrival to the first answer of the new version, and to its proof.

    TooBusy if an environment took it back for want of speed: what is proven then is the one
    before.
    """
    before = {name: changed(stack, name) for name in ("staging", "production")}
    old, marks = stack.live(MODEL), Watch(stack)
    stack.deliver_patients()
    runs = len(stack.runs(MODEL))
    marks.seen("a run began", lambda: len(stack.runs(MODEL)) > runs)
    marks.seen("staging: in git", lambda: changed(stack, "staging") != before["staging"])
    marks.seen("staging: proven", lambda: proven_head(stack, "staging"))
    marks.seen("production: in git", lambda: changed(stack, "production") != before["production"])
    marks.seen("production: answers", lambda: stack.live(MODEL) not in ("", old))
    marks.seen("production: proven", lambda: proven_head(stack, "production"))
    until(lambda: stack.idle(MODEL), "the end of its runs", SECONDS)
    return marks.since


def bad_version(stack: Stack) -> Marks:
    """From a commit of a version that is too slow to the proof of what it replaced."""
    good = stack.desired(MODEL)
    if good is None:
        sys.exit("production serves nothing")
    slow = replace(good, fault_delay_ms=1000)
    marks = Watch(stack)
    forge = stack.forge
    bad = forge.commit(forge.head(), {good.path: render(slow)}, "Release a drill\n")
    marks.seen("attempted", lambda: attempted(stack) == bad)
    marks.seen("found bad, restored in git", lambda: changed(stack, "production") != bad)
    marks.seen("restored: proven", lambda: proven_head(stack, "production"))
    until(lambda: stack.idle(MODEL), "the end of its runs", SECONDS)
    return marks.since


class Watch:
    """Seconds from its making to each thing that was seen."""

    def __init__(self, stack: Stack) -> None:
        self._began, self._stack = time.monotonic(), stack
        self.since: Marks = {}

    def seen(self, what: str, look: Callable[[], object]) -> None:
        stack = self._stack
        until(lambda: look() or missed(stack), what, SECONDS, told=lambda: standing(stack))
        if late := missed(stack):
            raise TooBusy("; ".join(stack.too_slow(MODEL, one) for one in late))
        self.since[what] = time.monotonic() - self._began


def standing(stack: Stack) -> str:
    """What a person would look at: the status, and how the runs of the model ended."""
    runs = "\n".join(str(run) for run in stack.runs(MODEL)[:5])
    return f"{stack.slipway('status')}\n{runs}"


def changed(stack: Stack, environment: str) -> str:
    last: Commit | None = stack.forge.last_change(
        manifest_path(environment, MODEL), stack.forge.head()
    )
    return last.revision if last else ""


def attempted(stack: Stack) -> str | None:
    record = stack.forge.read_record("production", MODEL)
    return record.attempted if record else None


def proven_head(stack: Stack, environment: str) -> bool:
    revision = changed(stack, environment)
    return bool(revision) and stack.proven(MODEL, revision, environment)


def report(forward: Sequence[Marks], back: Sequence[Marks], load: tuple[float, float]) -> str:
    """Medians and ranges over the rounds, as Markdown."""
    today = datetime.now(UTC).strftime("%-d %B %Y")
    loads = f"load average {load[0]:.1f} before and {load[1]:.1f} after"
    return "\n".join(
        [
            f"Measured on {today}, {len(forward)} rounds, {os.cpu_count()} processors, {loads}.",
            "",
            *table("a new file, under `auto`", forward),
            "",
            *table("a bad version", back),
        ]
    )


def table(what: str, rounds: Sequence[Mapping[str, float]]) -> Iterator[str]:
    yield f"| {what}: seconds from its arrival | median | least | most |"
    yield "|---|---:|---:|---:|"
    for stage in rounds[0]:
        found = [one[stage] for one in rounds]
        yield f"| {stage} | {median(found):.1f} | {min(found):.1f} | {max(found):.1f} |"


if __name__ == "__main__":
    main()

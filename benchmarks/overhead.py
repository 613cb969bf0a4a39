"""What Slipway adds to the work itself: one whole run of `fraud` beside a bare script.

    make bench-overhead          (or: .venv/bin/python -m benchmarks.overhead --rounds 4)

Each measurement has a new stack of its own, the same files and one OpenMP thread (two that wait
for each other on a busy machine drown everything else); the two sides take turns. Prints
Markdown.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy import median

from benchmarks.telling import say
from platform_assets.cli.dagster_api import DagsterApi, Run, Step
from platform_assets.cli.stack.ports import free_ports
from platform_assets.cli.stack.services import PUBLIC
from platform_assets.defs.fraud.simulator import write_deliveries
from platform_assets.runs.launcher import Worker
from resources.lake import Lake
from resources.settings import CHECKOUT, Settings

MODEL, JOB, METRIC = "fraud", "fraud_pipeline", "average_precision"
STEPS = (
    "raw",
    "cleaned",
    "training_set",
    "candidate_model",
    "registry_entry",
    "evaluation_report",
    "staging_release",
    "staging_deployment",
    "production_promotion",
)
ADDS_SECONDS, NOTHING_NEW_SECONDS = 10.0, 5.0
RUN_SECONDS, LOOK_SECONDS = 600.0, 0.1
IDLE_RUNS = 3
SAME_FIGURE = 0.005


Seconds = tuple[float, float]


@dataclass(frozen=True)
class Measured:
    """One whole run: seconds of wall and of processor time, in all and by stage.

    `seen` is what was made, to compare.
    """

    whole: Seconds
    stages: Mapping[str, Seconds]
    seen: Mapping[str, float]


@dataclass(frozen=True)
class Slipway(Measured):
    """`from_drop`: from the last file's arrival to the end; `idle`: runs with nothing new."""

    from_drop: float
    idle: Sequence[float]


@dataclass(frozen=True)
class Stack:
    """A running stack with a home of its own."""

    settings: Settings
    environment: Mapping[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="Measurements of each side.")
    rounds = parser.parse_args().rounds
    before = os.getloadavg()[0]
    bare, slipway = [], []
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as scratch:
        files = Path(scratch) / "files"
        write_deliveries(files)
        for number in range(1, rounds + 1):
            say(f"round {number} of {rounds}: bare script")
            bare.append(measured(Path(scratch) / f"bare-{number}", files, measure_bare))
            say(f"round {number} of {rounds}: Slipway")
            slipway.append(measured(Path(scratch) / f"slipway-{number}", files, measure_slipway))
            say(f"{bare[-1]}\n{slipway[-1]}")
            require_same_work(bare[-1], slipway[-1])
    print(report(bare, slipway, (before, os.getloadavg()[0])))


def measured(home: Path, files: Path, measure: Callable[[Stack, Path], Any]) -> Any:
    with stack(home) as running:
        return measure(running, files)


@contextmanager
def stack(home: Path) -> Iterator[Stack]:
    """`slipway up --detach` in a new home, on free ports; ended at the end."""
    ports = dict(zip(PUBLIC, free_ports(len(PUBLIC)), strict=True))
    fields = {PUBLIC[name]: port for name, port in ports.items()}
    environment = {
        **os.environ,
        **{name: str(port) for name, port in ports.items()},
        "SLIPWAY_HOME": str(home),
        "OMP_NUM_THREADS": "1",
    }
    slipway = (sys.executable, "-m", "platform_assets.cli.main")
    try:
        subprocess.run((*slipway, "up", "--detach"), env=environment, check=True, stdout=sys.stderr)
        yield Stack(Settings.model_validate({"home": home, **fields}), environment)
    finally:
        subprocess.run((*slipway, "down"), env=environment, check=True, stdout=sys.stderr)


def measure_bare(running: Stack, files: Path) -> Measured:
    """The script as a process of its own, from its start to its end."""
    out = running.settings.home / "bare"
    out.mkdir()
    script = str(Path(__file__).with_name("bare_fraud.py"))
    before, begun = children_cpu(), time.perf_counter()
    answer = subprocess.run(
        (sys.executable, script, str(files), str(out)),
        env=running.environment,
        cwd=CHECKOUT,
        check=True,
        stdout=subprocess.PIPE,
    )
    whole = (time.perf_counter() - begun, children_cpu() - before)
    said = json.loads(answer.stdout.splitlines()[-1])
    return Measured(whole, said["stages"], said["seen"])


def children_cpu() -> float:
    used = os.times()
    return used.children_user + used.children_system


def measure_slipway(running: Stack, files: Path) -> Slipway:
    """Files appear at once; the sensor starts the run. Then runs with nothing new."""
    api, settings = DagsterApi(running.settings.dagster_url), running.settings
    hidden = settings.landing / f".{MODEL}"
    shutil.copytree(files, hidden)
    hidden.rename(settings.landing / MODEL)
    dropped = time.time()
    run, used = ended_run(api, known=0)
    idle = []
    for number in range(1, IDLE_RUNS + 1):
        api.launch(JOB, {})
        again, _ = ended_run(api, known=number)
        idle.append(ended(again) - again.created)
    return Slipway(
        whole=(ended(run) - run.created, used[-1][1]),
        stages=stages(run, used),
        seen=seen(settings),
        from_drop=ended(run) - dropped,
        idle=idle,
    )


def ended_run(api: DagsterApi, known: int) -> tuple[Run, list[Seconds]]:
    """The newest run of the pipeline beside `known` older ones.

    With it, moments (Unix time) and how much processor time its process had used by then.
    """
    used: list[Seconds] = []
    deadline = time.monotonic() + RUN_SECONDS
    while time.monotonic() < deadline:
        runs = [run for run in api.runs({"slipway/model": MODEL}) if run.job == JOB]
        if len(runs) > known:
            used += process_cpu(runs[0])
            if not runs[0].unfinished:
                if runs[0].status != "SUCCESS":
                    sys.exit(f"the run failed: {api.failure(runs[0].run_id)}")
                return runs[0], used
        time.sleep(LOOK_SECONDS)
    sys.exit(f"no run of {JOB} ended within {RUN_SECONDS:g} s")


def process_cpu(run: Run) -> list[Seconds]:
    worker = Worker.from_tags(run.tags)
    try:
        used = worker.process.cpu_times() if worker and worker.process else None
    except psutil.Error:
        used = None
    return [(time.time(), used.user + used.system)] if used else []


def stages(run: Run, used: Sequence[Seconds]) -> dict[str, Seconds]:
    """Of each step, of what came before the first (`start`) and after the last (`end`)."""
    steps = sorted(run.steps, key=lambda step: step.started or 0.0)
    moments = [run.created, *(step.ended or 0.0 for step in steps), ended(run)]
    moments.insert(1, steps[0].started or 0.0)
    names = ["start", *(asset_name(step) for step in steps), "end"]
    when, cpu = np.array([(run.created, 0.0), *used]).T
    spent = np.diff([moments, np.interp(moments, when, cpu)])
    return {name: (wall, cpu) for name, wall, cpu in zip(names, *spent.tolist(), strict=True)}


def asset_name(step: Step) -> str:
    return step.name.removeprefix(f"{MODEL}__").removesuffix("_and_quarantine")


def ended(run: Run) -> float:
    return run.ended or 0.0


def seen(settings: Settings) -> dict[str, float]:
    """What the run made, in the terms of the bare script."""
    lake = Lake(settings.lake)
    (training,) = (settings.artifacts / "candidates" / MODEL).glob("*/training.json")
    (judgement,) = (settings.artifacts / "reports" / MODEL).glob("*/judgement.json")
    figures = {one["metric"]: one["value"] for one in json.loads(judgement.read_text())["figures"]}
    return {
        "clean rows": lake.count(f"{MODEL}/cleaned"),
        "quarantined rows": lake.count(f"{MODEL}/quarantine"),
        "trials": len(json.loads(training.read_text())["trials"]),
        METRIC: figures[METRIC],
    }


def require_same_work(bare: Measured, slipway: Measured) -> None:
    """Equal counts, and the same figure but for the order in which rows were summed up."""
    differ = [
        f"{name}: {bare.seen[name]:g} and {value:g}"
        for name, value in slipway.seen.items()
        if abs(bare.seen[name] - value) > (SAME_FIGURE if name == METRIC else 0)
    ]
    if differ:
        sys.exit(f"bare script and Slipway did not do the same work: {', '.join(differ)}")


def report(bare: list[Measured], slipway: list[Slipway], load: tuple[float, float]) -> str:
    """Medians over the rounds, as Markdown."""
    none = (0.0, 0.0)
    rows = [
        row(name, *([one.stages.get(name, none) for one in side] for side in (bare, slipway)))
        for name in ("start", *STEPS, "end")
    ]
    table = [
        "| seconds | bare: wall | processor | Slipway: wall | processor | adds: wall | processor |",
        "|---|---:|---:|---:|---:|---:|---:|",
        *rows,
        row("**whole run**", [one.whole for one in bare], [one.whole for one in slipway]),
    ]
    return "\n".join([*table, "", *(f"- {one}" for one in sentences(bare, slipway, load))])


def row(name: str, bare: Sequence[Seconds], slipway: Sequence[Seconds]) -> str:
    """Medians of wall and processor time, and of what Slipway added in each pair."""
    figures = np.array([bare, slipway], dtype=float)
    cells = [*median(figures, axis=1).ravel(), *median(figures[1] - figures[0], axis=0)]
    signs = ["", "", "", "", "+", "+"]
    shown = (f"{cell:{sign}.2f}" for cell, sign in zip(cells, signs, strict=True))
    return f"| {name} | {' | '.join(shown)} |"


def sentences(bare: list[Measured], slipway: list[Slipway], load: tuple[float, float]) -> list[str]:
    """What the table means, and under which circumstances."""
    walls = [(b.whole[0], s.whole[0]) for b, s in zip(bare, slipway, strict=True)]
    adds = median([ours - by_hand for by_hand, ours in walls])
    idle = median([ours.idle for ours in slipway])
    dropped = median([ours.from_drop for ours in slipway])
    each = "; ".join(f"{by_hand:.1f} and {ours:.1f}" for by_hand, ours in walls)
    same = ", ".join(f"{name} {value:.6g}" for name, value in slipway[-1].seen.items())
    machine = f"{os.cpu_count()} processors, load average {load[0]:.1f} before, {load[1]:.1f} after"
    return [
        f"Slipway adds {adds:.1f} s to a whole run (asked for: under {ADDS_SECONDS:g} s).",
        f"A run with nothing new takes {idle:.1f} s (asked for: under {NOTHING_NEW_SECONDS:g} s).",
        f"From the arrival of the last file to the end of the run: {dropped:.1f} s.",
        f"Whole runs, pair by pair (bare script and Slipway): {each}.",
        f"Both did the same work: {same}.",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine}.",
    ]


if __name__ == "__main__":
    main()

"""Starts a contestant, waits until it answers rightly, and ends what it started."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.serving.case import TOLERANCE, Case
from benchmarks.serving.contestants import Contestant
from benchmarks.serving.environments import scripts
from benchmarks.serving.processes import Processes, tree
from resources.settings import CHECKOUT

PATIENCE = 300.0


@contextmanager
def running(contestant: Contestant, case: Case) -> Iterator[Processes]:
    """A server for the length of the block; its output is in `<name>.log` of the case's folder."""
    log = case.folder / f"{contestant.name}.log"
    folder = scripts(contestant.environment)
    command = (folder / contestant.words[0], *contestant.words[1:])
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            env=variables(contestant, case, folder),
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until_right(contestant, case, process, log)
        yield partial(tree, process.pid)
    finally:
        end(process)


def variables(contestant: Contestant, case: Case, folder: Path) -> dict[str, str]:
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RAY_", "MLFLOW_", "BENTOML_", "VIRTUAL_ENV"))
    }
    return {
        **ours,
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(CHECKOUT),
        "BENCH_CASE": str(case.folder),
        "OMP_NUM_THREADS": "1",
        **contestant.variables,
    }


def wait_until_right(
    contestant: Contestant, case: Case, process: subprocess.Popen[bytes], log: Path
) -> None:
    """Raises TimeoutError with the end of its output, ValueError for a wrong answer."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx.TransportError):
            if ask(contestant, case, 1).is_success:
                break
        time.sleep(0.25)
    else:
        said = log.read_text(errors="replace")[-2000:]
        raise TimeoutError(f"{contestant.name} did not answer at {contestant.url}: {said}")
    for rows in case.bodies:
        check(contestant, case, rows)


def ask(contestant: Contestant, case: Case, rows: int) -> httpx.Response:
    sent = {"content-type": "application/json"}
    if contestant.token:
        sent["authorization"] = f"Bearer {contestant.token}"
    body = case.bodies[rows].read_bytes()
    return httpx.post(contestant.url, content=body, headers=sent, timeout=60, trust_env=False)


def check(contestant: Contestant, case: Case, rows: int) -> None:
    """The answer must be scikit-learn's, whatever form it has."""
    answer = ask(contestant, case, rows).raise_for_status().json()
    scores = [positive(one) for one in answer["predictions"]]
    wanted = case.expected[rows]
    off = max(abs(got - want) for got, want in zip(scores, wanted, strict=True))
    if off > TOLERANCE:
        raise ValueError(f"{contestant.name} is off by {off:g} in an answer of {rows} rows")


def positive(prediction: Any) -> float:
    if isinstance(prediction, dict):
        return float(prediction["score"])
    return float(prediction[-1] if isinstance(prediction, list) else prediction)


def end(process: subprocess.Popen[bytes]) -> None:
    """Politely first; then whatever is left of its tree."""
    begun = tree(process.pid) if process.poll() is None else []
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=20)
    for left in begun:
        with suppress(psutil.NoSuchProcess):
            left.kill()
    process.kill()
    process.wait()

"""Closed-loop load by wrk, which costs little enough not to be what is measured."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("load.lua")
ADVICE = "wrk is not on the PATH; install it, e.g. apt-get install wrk"


@dataclass(frozen=True)
class Load:
    """What is asked at once: how many rows in a request, over how many connections."""

    rows: int
    connections: int

    def __str__(self) -> str:
        rows = "1 row" if self.rows == 1 else f"{self.rows:,} rows"
        many = "" if self.connections == 1 else "s"
        return f"{rows}, {self.connections} connection{many}"


@dataclass(frozen=True)
class Shot:
    """Requests/s; milliseconds at the median and at the 99th percentile; answers that failed."""

    rate: float
    p50: float
    p99: float
    failed: int


def require() -> None:
    if shutil.which("wrk") is None:
        raise SystemExit(ADVICE)


def shoot(url: str, body: Path, load: Load, seconds: int, token: str = "") -> Shot:
    """One measurement; failed answers are counted, not raised."""
    words = ("wrk", "-t1", f"-c{load.connections}", f"-d{seconds}s", "--timeout", "30s")
    answer = subprocess.run(
        (*words, "-s", str(SCRIPT), url),
        env={**os.environ, "BENCH_BODY": str(body), "BENCH_TOKEN": token},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    said = json.loads(answer.stdout.strip().splitlines()[-1])
    return Shot(
        rate=said["requests"] / (said["microseconds"] / 1e6),
        p50=said["p50"] / 1000,
        p99=said["p99"] / 1000,
        failed=said["failed"],
    )

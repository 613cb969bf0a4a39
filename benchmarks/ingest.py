"""Ingestion beside two scripts that do the same cleaning: rows a second and peak memory.

    make bench-ingest            (or: .venv/bin/python -m benchmarks.ingest --rounds 3)

The sides take turns, each in a process of its own; starting Python and importing are not counted.
All must find the same good and bad rows. Prints Markdown.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.ingestion.payments import write_payments
from benchmarks.telling import say

SIDES = ("slipway", "pandas", "polars")
SIZES = (1_000_000, 10_000_000)
DELIVERY_SHARE = 100
REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Run:
    """Seconds of wall and processor, peak memory in MiB, rows of both kinds."""

    wall: float
    processor: float
    peak: float
    clean: int
    bad: int


def run(side: str, file: Path, home: Path) -> Run:
    module = f"benchmarks.ingestion.with_{side}"
    command = [sys.executable, "-m", module, str(file), str(home)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=REPOSITORY)
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def measure(file: Path, more: Path, rounds: int) -> tuple[dict[str, list[Run]], list[Run]]:
    """Each side's runs on `file`, and Slipway's on `more` when `file` was there before."""
    runs: dict[str, list[Run]] = {side: [] for side in SIDES}
    on_top = []
    for number in range(rounds):
        for side in SIDES[number % len(SIDES) :] + SIDES[: number % len(SIDES)]:
            with tempfile.TemporaryDirectory(dir=file.parent) as home:
                runs[side].append(run(side, file, Path(home)))
                say(f"{side}: {runs[side][-1]}")
                if side == "slipway":
                    on_top.append(run(side, more, Path(home)))
    require_equal(runs)
    return runs, on_top


def require_equal(runs: Mapping[str, Sequence[Run]]) -> None:
    found = {(one.clean, one.bad) for several in runs.values() for one in several}
    if len(found) != 1:
        raise SystemExit(f"the sides disagree on good and bad rows: {found}")


def table(rows: int, runs: Mapping[str, Sequence[Run]]) -> Iterable[str]:
    base = {side: median(one.wall for one in runs[side]) for side in SIDES}
    for side in SIDES:
        processor = median(one.processor for one in runs[side])
        peak = max(one.peak for one in runs[side])
        ratio = base[side] / base["slipway"]
        yield (
            f"| {rows:,} | {side} | {rows / base[side]:,.0f} | {base[side]:.2f} "
            f"| {processor:.2f} | {peak:,.0f} | {ratio:.2f} |"
        )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--rows", type=int, nargs="*", default=SIZES)
    chosen = options.parse_args()
    lines = [
        "| rows | side | rows/s | seconds | processor s | peak MiB | slipway is faster by |",
        "|---|---|---|---|---|---|---|",
    ]
    shares = []
    with tempfile.TemporaryDirectory() as folder:
        for rows in chosen.rows:
            file = write_payments(Path(folder) / f"first-{rows}.csv", rows)
            more = write_payments(
                Path(folder) / f"more-{rows}.csv", rows // DELIVERY_SHARE, first=rows
            )
            runs, on_top = measure(file, more, chosen.rounds)
            lines += table(rows, runs)
            share = median(one.wall for one in on_top) / median(one.wall for one in runs["slipway"])
            shares.append(f"A delivery of 1 % on top of {rows:,} rows: {share:.1%} of the first.")
            file.unlink()
    sys.stdout.write("\n".join([*lines, "", *shares]) + "\n")


if __name__ == "__main__":
    main()

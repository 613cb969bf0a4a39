"""Plays half a year of `fraud` under three policies and prints what each cost.

    .venv/bin/python -m benchmarks.continuous [--days 180] [--customers 3] [--picture FILE]

Day by day, in one process, with the code that decides in the running system: the statistics of
drift, the quality by labels that come a week late, the rule of n of m windows, the governor, the
pipeline of `fraud` and its gate beside the champion. Dagster, Serve and people are left out: what
passes its gate on an evening is live the next day. Prints Markdown.
"""

import argparse
from pathlib import Path

from rich.console import Console
from rich.progress import track

from benchmarks.continuous.policies import Run, daily, governed, never
from benchmarks.continuous.report import compared, noticed, picture
from benchmarks.continuous.year import Year

FIRST = 60


def main() -> None:
    parser = argparse.ArgumentParser(description="Half a year: never, governed, every day.")
    parser.add_argument("--days", type=int, default=180)
    parser.add_argument("--customers", type=int, default=3, help="one in so many is looked at")
    parser.add_argument("--picture", type=Path, help="where to write a PNG")
    asked = parser.parse_args()
    year = Year(asked.days, asked.customers)
    runs = played(year)
    print(noticed(runs[1], FIRST, year.days), compared(year, runs, FIRST), sep="\n\n")
    print("\nwent live:", ", ".join(f"day {day} ({why})" for day, why in runs[1].replaced))
    if asked.picture:
        asked.picture.write_bytes(picture(year, runs, FIRST))


def played(year: Year) -> list[Run]:
    """Each policy's half year, begun with the same model."""
    first = year.model(FIRST - 1)
    policies = {"never": never, "governed": governed, "every day": daily}
    runs = [Run(name, first) for name in policies]
    days = range(FIRST, year.days)
    for day in track(days, "days", console=Console(stderr=True)):
        for run, decide in zip(runs, policies.values(), strict=True):
            run.serve(year, day)
            decide(year, run, day)
    return runs


if __name__ == "__main__":
    main()

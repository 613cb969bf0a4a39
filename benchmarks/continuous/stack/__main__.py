"""Plays half a year of `fraud` through a running stack, delivered day by day.

    .venv/bin/python -m benchmarks.continuous.stack FOLDER [--seconds 15] [--window 4] [--days 180]
    .venv/bin/python -m benchmarks.continuous.stack FOLDER --tell

A `slipway up` of its own in FOLDER, which must not be there, trains on the first 60 days. Then each
day's payments are asked at the live endpoint, one request each, and come as files a week later;
sensors, monitors, governor, gates, promotion and deployment do the rest. Prints Markdown at the
end; `--tell` prints it again, also of a play that was interrupted.
"""

import argparse
import sys
from pathlib import Path

from benchmarks.continuous.stack.journal import Journal
from benchmarks.continuous.stack.place import Pace, copied, running
from benchmarks.continuous.stack.play import Play
from benchmarks.continuous.stack.told import report
from benchmarks.continuous.year import Year
from benchmarks.telling import say


def main() -> None:
    parser = argparse.ArgumentParser(description="Half a year through the running stack.")
    parser.add_argument("folder", type=Path, help="of the play; made anew")
    parser.add_argument("--days", type=int, default=180)
    parser.add_argument("--customers", type=int, default=3, help="one in so many is looked at")
    parser.add_argument("--seconds", type=float, default=15.0, help="that a day takes")
    parser.add_argument("--window", type=int, default=4, help="days in a window of the monitors")
    parser.add_argument("--tell", action="store_true", help="print what was played before")
    asked = parser.parse_args()
    folder = asked.folder.resolve()
    if not asked.tell:
        play(folder, Year(asked.days, asked.customers), Pace(asked.seconds, asked.window))
    journal = Journal(folder / "journal")
    year = Year(journal.begun.days, journal.begun.customers)
    print(report(journal, year, folder / "home"))


def play(folder: Path, year: Year, pace: Pace) -> None:
    if folder.exists():
        sys.exit(f"{folder} is there: a play begins in a new folder; --tell prints what is in it")
    folder.mkdir(parents=True)
    checkout = copied(folder / "checkout", pace, year.customers)
    with running(folder / "home", checkout) as stack:
        say(f"the stack is up: {stack.settings.dagster_url}")
        Play(stack, year, pace, folder).run()


if __name__ == "__main__":
    main()

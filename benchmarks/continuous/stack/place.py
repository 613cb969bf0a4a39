"""A stack of its own, of the committed code, whose periods are so short that days are seconds."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from platform_assets.cli.stack.ports import is_free
from resources.settings import CHECKOUT, Settings
from tests.support.stack import Stack

MODEL = "fraud"
DEFS = "platform_assets/defs"
LONGER = 20
"""Latencies that a machine may have which also trains, judges and asks."""

RANGES = {
    "serve_port": range(21000, 21050),
    "ray_dashboard_port": range(21050, 21100),
    "dagster_port": range(21100, 21150),
    "mlflow_port": range(21150, 21200),
    "board_port": range(21200, 21250),
    "ray_port": range(21250, 21300),
}
_WEEK, _DAY_HOURS, _DAY_SECONDS = 7, 24, 86_400
_AUTHOR = ("-c", "user.name=benchmark", "-c", "user.email=benchmark@localhost")


@dataclass(frozen=True)
class Pace:
    """How fast the simulated time goes: `seconds` a day, and `days` in a window of the monitors."""

    seconds: float = 15.0
    days: int = 4

    @property
    def window_minutes(self) -> int:
        """ValueError unless windows are whole minutes."""
        minutes = self.seconds * self.days / 60
        if minutes != int(minutes) or not minutes:
            raise ValueError(
                f"a window of {self.days} days of {self.seconds:g} s is {minutes:g} minutes, "
                "expected whole minutes: change --seconds or --window"
            )
        return int(minutes)

    def hours(self, simulated: float) -> float:
        """What so many simulated hours take, in hours."""
        return simulated * self.seconds / _DAY_SECONDS


def compressed(attributes: dict[str, Any], pace: Pace, customers: int) -> dict[str, Any]:
    """The attributes of `defs.yaml` with each period as much shorter as the days.

    Of the schedule a week is kept, in whole minutes. Rules that count windows stay.
    """
    retraining, monitoring = attributes["retraining"], attributes["monitoring"]
    serving = attributes["serving"]
    week = max(round(_WEEK * pace.seconds / 60), 1)
    windows = max(round(monitoring["quality_windows"] / pace.days), 1)
    slow = {name: value * LONGER for name, value in serving["latency"].items() if "_ms" in name}
    return attributes | {
        "retraining": retraining
        | {
            "schedule": f"*/{week} * * * *",
            "cool_down_hours": pace.hours(retraining["cool_down_hours"]),
            "minimum_new_rows": retraining["minimum_new_rows"] // customers,
            "runs_per_day": 1000,
        },
        "monitoring": monitoring
        | {"window_minutes": pace.window_minutes, "quality_windows": windows},
        "serving": serving | {"latency": serving["latency"] | slow | {"rate": 20}},
    }


def copied(to: Path, pace: Pace, customers: int) -> Path:
    """A clone of this checkout with `fraud` alone, its periods compressed, in a commit."""
    _git(CHECKOUT, "clone", "--quiet", str(CHECKOUT), str(to))
    for folder in (to / DEFS).iterdir():
        if folder.is_dir() and folder.name != MODEL:
            shutil.rmtree(folder)
    path = to / DEFS / MODEL / "defs.yaml"
    document = yaml.safe_load(path.read_text())
    document["attributes"] = compressed(document["attributes"], pace, customers)
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    _git(to, *_AUTHOR, "commit", "--quiet", "--all", "--message", "Let days be seconds")
    return to


@contextmanager
def running(home: Path, checkout: Path) -> Iterator[Stack]:
    """The stack, up; whatever happens, it is stopped at the end."""
    free: dict[str, Any] = {name: next(filter(is_free, ports)) for name, ports in RANGES.items()}
    stack = Stack(Settings(home=home, **free), checkout)
    try:
        stack.slipway("up", "--detach")
        yield stack
    finally:
        stack.slipway("down")


def _git(place: Path, *words: str) -> None:
    subprocess.run(("git", *words), cwd=place, check=True)

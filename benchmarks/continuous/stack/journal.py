"""What is kept of a play in its folder, so that it can be told again without another one."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from platform_assets.cli.dagster_api import Run


@dataclass(frozen=True)
class Begun:
    """When the day `first` began (s since 1970), and how a day goes."""

    began: float
    seconds: float
    window_days: int
    first: int
    days: int
    customers: int

    def day(self, at: float) -> float:
        """The simulated day at a time in s since 1970."""
        return self.first + (at - self.began) / self.seconds


class Journal:
    """Files under one folder; a day's answers are there whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, begun: Begun) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "begun.json").write_text(json.dumps(asdict(begun)))

    @property
    def begun(self) -> Begun:
        return Begun(**json.loads((self._folder / "begun.json").read_text()))

    def answered(self, day: int, answers: pd.DataFrame) -> None:
        hidden = self._folder / ".day.part"
        answers.to_parquet(hidden, index=False)
        hidden.replace(self._folder / f"day-{day:03d}.parquet")

    def answers(self) -> dict[int, pd.DataFrame]:
        """By day, in their order."""
        files = sorted(self._folder.glob("day-*.parquet"))
        return {int(one.stem.removeprefix("day-")): pd.read_parquet(one) for one in files}

    def ran(self, runs: Sequence[Run]) -> None:
        told = [asdict(one) | {"tags": dict(one.tags), "steps": []} for one in runs]
        (self._folder / "runs.json").write_text(json.dumps(told))

    def runs(self) -> list[dict[str, Any]]:
        path = self._folder / "runs.json"
        found: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []
        return found

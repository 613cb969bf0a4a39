"""The small model's tables in a lake of their own: deliver, sort, look; no Dagster."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from platform_assets.data.accounts import accounts
from platform_assets.data.blocks import content, delivered
from platform_assets.data.cleaning import Cleaner
from platform_assets.data.intake import take_in
from platform_assets.data.quarantine import counts
from platform_assets.data.sources.folder import FolderSource
from platform_assets.folder import ModelFolder
from resources.lake import Lake
from tests.support.lakes import lake_at
from tests.support.tiny import orders, tiny

BAD = "value:channel:isin(['web', 'shop'])"


class Died(Exception):
    """The process of this test ended here."""


class DyingLake(Lake):
    """Raises Died in front of the write number `at`, from 0, so right behind the one before."""

    WRITES = ("commit_behind", "overwrite", "table")

    def __init__(self, root: str, at: int) -> None:
        super().__init__(root)
        self.at, self.writes = at, 0

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        return self._watched(found) if name in DyingLake.WRITES else found

    def _watched(self, write: Any) -> Any:
        def watched(*args: Any, **kwargs: Any) -> Any:
            if self.writes == self.at:
                raise Died
            self.writes += 1
            return write(*args, **kwargs)

        return watched


@dataclass
class Yard:
    """A landing folder and a lake, which is beside it or, with `at`, elsewhere."""

    home: Path
    folder: ModelFolder = field(default_factory=tiny)
    at: str = ""

    @property
    def root(self) -> str:
        return self.at or str(self.home / "lake")

    @property
    def lake(self) -> Lake:
        return lake_at(self.root)

    @property
    def landing(self) -> Path:
        return self.home / "landing" / "tiny"

    def cleaner(self, lake: Lake | None = None) -> Cleaner:
        """A new one, as every process makes it."""
        return Cleaner(lake or self.lake, self.folder, lambda _: None)

    def deliver(self, name: str, delivery: pd.DataFrame | bytes) -> None:
        """Let a file arrive, take it in and sort it."""
        whole = delivery if isinstance(delivery, bytes) else delivery.to_csv(index=False).encode()
        self.landing.mkdir(parents=True, exist_ok=True)
        (self.landing / name).write_bytes(whole)
        rest(self.landing / name)
        source = FolderSource(self.landing, self.folder.spec.source.pattern)
        take_in(self.lake, "tiny", source, 100, lambda _: None)
        self.cleaner().run()

    def quarantined(self) -> dict[str, int]:
        return counts(self.lake, "tiny/quarantine")

    def clean(self) -> int:
        return self.lake.count("tiny/cleaned")

    def whole(self) -> bool:
        """Whether every row of every delivery is in exactly one of the two tables."""
        found = accounts(self.lake, "tiny/cleaned", "tiny/quarantine", 0)
        return all(one.whole for one in found)

    def ids(self) -> set[str]:
        """Every id that either table has."""
        tables = [self.lake.read(f"tiny/{name}", columns=["order"]) for name in TABLES]
        return {one for table in tables for one in table.column(0).to_pylist()}

    def bytes_of(self, number: int) -> bytes:
        """What the raw table has of a delivery."""
        version = self.lake.version("tiny/raw")
        (delivery,) = (one for one in self.all() if one.number == number)
        with content(self.lake, "tiny/raw", version, delivery) as stream:
            return stream.read()

    def all(self) -> list[Any]:
        return delivered(self.lake, "tiny/raw", self.lake.version("tiny/raw"))


def rest(file: Path) -> None:
    """Let nobody have written to the file of late, so that its source takes it for whole."""
    an_hour_ago = time.time() - 3600
    os.utime(file, (an_hour_ago, an_hour_ago))


TABLES = ("cleaned", "quarantine")


def with_bad_rows(rows: int = 20, bad: int = 3, first: int = 0) -> pd.DataFrame:
    """Orders of which the first `bad` ones have a channel that the contract does not know."""
    frame = orders(rows, seed=1, first=first)
    frame.loc[: bad - 1, "channel"] = "street"
    return frame

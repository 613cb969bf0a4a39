"""Files delivered for one small contract, the lake behind them, and both passes over them.

It imports no more than those passes need: processes that are killed start again often.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandera.pandas as pandera

from platform_assets.data.blocks import Delivery, delivered
from platform_assets.data.cleaning import Cleaner
from platform_assets.data.contract import DELIVERY, FILE, ROW, RULE
from platform_assets.data.intake import Taken, take_in
from platform_assets.data.sorting import Sorter
from platform_assets.data.sources.folder import FolderSource
from platform_assets.folder import ModelFolder
from platform_assets.spec import ModelSpec
from resources.lake import Lake

MODEL = "orders"
HEADER = "order,amount,channel"
SOURCE = {"pattern": "*", "format": "csv", "max_quarantined": 0.5}
SPEC = {
    "description": "Orders, made up for tests.",
    "owners": ["team:tests"],
    "task": "regression",
    "source": SOURCE,
    "target": "amount",
    "id": "order",
    "features": ["channel"],
    "split": {"kind": "random"},
    "metric": "r2",
    "gates": [{"metric": "r2", "reach": 0.1}],
}


class Contract(pandera.DataFrameModel):
    order: str
    amount: float = pandera.Field(ge=0, nullable=True)
    channel: str = pandera.Field(isin=["web", "shop"])


@dataclass(frozen=True)
class Deliveries:
    """A landing folder and the lake at `root`; `source` replaces keys of the specification's."""

    root: str
    landing: Path
    options: Mapping[str, str] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = "order"

    @property
    def lake(self) -> Lake:
        return Lake(self.root, self.options)

    @property
    def folder(self) -> ModelFolder:
        spec = SPEC | {"source": SOURCE | dict(self.source), "id": self.key}
        schema = Contract.to_schema()
        return ModelFolder(MODEL, self.landing, ModelSpec.model_validate(spec), schema, object)

    @property
    def cleaner(self) -> Cleaner:
        return Cleaner(self.lake, self.folder, _quiet)

    def read_as(self, **source: Any) -> "Deliveries":
        """The same deliveries, read or judged in another way."""
        return replace(self, source={**self.source, **source})

    def deliver(self, name: str, content: bytes) -> None:
        """The file appears whole, as the promise of a landing folder is."""
        self.landing.mkdir(parents=True, exist_ok=True)
        (self.landing / f".{name}").write_bytes(content)
        (self.landing / f".{name}").rename(self.landing / name)

    def take_in(self, most: int = 500) -> Taken:
        return take_in(self.lake, MODEL, FolderSource(self.landing, "*"), most, _quiet)

    def clean(self) -> None:
        self.cleaner.run()

    def process(self, name: str, content: bytes) -> None:
        """Deliver a file, take it in and clean it."""
        self.deliver(name, content)
        self.take_in()
        self.clean()

    def landed(self) -> list[Delivery]:
        name = f"{MODEL}/raw"
        return delivered(self.lake, name, self.lake.version(name))

    def sorter(self, **changes: Any) -> Sorter:
        name, cleaner = f"{MODEL}/raw", self.cleaner
        spec = self.folder.spec.source
        sorter = Sorter(self.lake, name, self.lake.version(name), spec, cleaner.contract)
        return replace(sorter, **changes)

    def clean_rows(self) -> list[tuple[str, float | None, str]]:
        """The good rows, in order of delivery and place."""
        return [(row["order"], row["amount"], row["channel"]) for row in self._rows("cleaned")]

    def broken_rows(self) -> list[tuple[str, int, str]]:
        """File, place and rule of the broken rows, in order of delivery and place."""
        return [(row[FILE], row[ROW], row[RULE]) for row in self._rows("quarantine")]

    def places(self) -> dict[int, list[int]]:
        """For each delivery the place of every row in either table, in order."""
        found: dict[int, list[int]] = {}
        for row in [*self._rows("cleaned"), *self._rows("quarantine")]:
            found.setdefault(row[DELIVERY], []).append(row[ROW])
        return {number: sorted(places) for number, places in sorted(found.items())}

    def _rows(self, name: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.lake.read(f"{MODEL}/{name}").to_pylist()
        return sorted(rows, key=lambda row: (row[DELIVERY], row[ROW]))


def orders(first: int, count: int, *extra: str) -> bytes:
    """A file of so many good rows, numbered from `first`, and further lines behind them."""
    lines = [f"o{number},{number}.5,web" for number in range(first, first + count)]
    return "\n".join([HEADER, *lines, *extra, ""]).encode()


def _quiet(_: str) -> None:
    pass

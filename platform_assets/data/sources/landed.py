"""What a raw table carries of earlier pulls, as of one version."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from platform_assets.data.blocks import Delivery, content, delivered
from platform_assets.data.sources.window import Batch, batches
from resources.lake import Lake


@dataclass(frozen=True)
class Landed:
    """The deliveries in order."""

    lake: Lake
    raw: str
    version: int
    deliveries: list[Delivery]

    @classmethod
    def newest(cls, lake: Lake, raw: str) -> "Landed":
        """As of now; nothing, if the table was never written."""
        version = lake.newest(raw)
        if version is None:
            return cls(lake, raw, 0, [])
        return cls(lake, raw, version, delivered(lake, raw, version))

    def pulls(self, stream: str) -> list[Batch]:
        return batches(stream, (one.file for one in self.deliveries))

    def copies(self, names: set[str], folder: Path) -> Iterator[Path]:
        """The content of each of these deliveries as a file in `folder`, until the next comes."""
        for one in self.deliveries:
            if one.file in names:
                yield self._copied(one, folder / "delivery")

    def _copied(self, delivery: Delivery, path: Path) -> Path:
        blocks = content(self.lake, self.raw, self.version, delivery)
        with blocks, path.open("wb") as file:
            shutil.copyfileobj(blocks, file)
        return path

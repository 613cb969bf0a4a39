"""The same through the two steps that the assets raw and cleaned call, into Delta tables.

Beside what the scripts do, it keeps the delivered bytes, knows a delivery again, reads rows that
are no rows, and names for each bad row the rule that it broke.
"""

import os
import shutil
from pathlib import Path

from benchmarks.ingestion.payments import Contract
from benchmarks.ingestion.timed import timed
from platform_assets.data.cleaning import Cleaner
from platform_assets.data.intake import take_in
from platform_assets.data.sources.folder import FolderSource
from platform_assets.folder import ModelFolder
from platform_assets.spec import ModelSpec
from resources.lake import Lake

NAME = "payments"
SPEC = {
    "description": "Payments to be cleaned.",
    "owners": ["team:benchmarks"],
    "task": "binary",
    "source": {"pattern": "*.csv", "format": "csv"},
    "target": "label",
    "id": "id",
    "features": ["amount"],
    "split": {"kind": "random"},
    "metric": "roc_auc",
    "gates": [{"metric": "roc_auc", "reach": 0.5}],
}


def clean(file: Path, home: Path) -> tuple[int, int]:
    landing = home / "landing"
    landing.mkdir(exist_ok=True)
    shutil.copy(file, landing)
    # A source leaves a file of this moment alone: its writer may not be done.
    os.utime(landing / file.name, (0, 0))
    lake = Lake(str(home / "lake"))
    spec = ModelSpec.model_validate(SPEC)
    folder = ModelFolder(NAME, Path(__file__).parent, spec, Contract.to_schema(), dict)
    take_in(lake, NAME, FolderSource(landing, "*.csv"), 500, str)
    Cleaner(lake, folder, str).run()
    return lake.count(f"{NAME}/cleaned"), lake.count(f"{NAME}/quarantine")


if __name__ == "__main__":
    timed(clean)

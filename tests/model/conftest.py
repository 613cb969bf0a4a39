"""The small model on its way from clean rows to a judged bundle, without Dagster or MLflow."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from platform_assets.data.contract import DELIVERY, ROW
from platform_assets.folder import ModelFolder
from platform_assets.ml.baselines import baselines
from platform_assets.ml.training import Training
from platform_assets.model.asked import candidate_key
from platform_assets.model.candidate_model import search
from platform_assets.model.fitted import publish
from platform_assets.model.registry_entry import decide_once
from platform_assets.model.rows import Rows, classes, load_rows
from platform_assets.model.training_set import divided
from resources.artifacts import Artifacts
from resources.lake import Lake
from tests.support.tiny import orders, tiny

COMMIT = "c" * 40


@dataclass(frozen=True)
class Workshop:
    """A model's folder with the stores that its assets read and write."""

    folder: ModelFolder
    lake: Lake
    artifacts: Artifacts

    def of(self, **changes: Any) -> "Workshop":
        """The same stores for a specification with other sections."""
        return replace(self, folder=tiny(**changes))

    def divide(self, frame: pd.DataFrame) -> int:
        """Write the training set of these rows; returns its version."""
        mark = str(pd.util.hash_pandas_object(frame).sum())
        table = divided(self.folder, clean(frame))
        return self.lake.overwrite(f"{self.folder.name}/training_set", table, mark)

    def candidate(self, seed: int = 1) -> dict[str, Any]:
        """Train on fresh rows; returns what the asset says of it."""
        version = self.divide(orders(400, seed))
        key = candidate_key(self.folder, self.lake, version)
        rows = load_rows(self.lake, self.folder, version, "train")
        beside = baselines(self.folder.spec.task, rows.features, rows.target)
        names = classes(self.lake, self.folder, version)
        publish(self.artifacts, self.folder, key, trained(self.folder, rows), beside, names)
        return {
            "candidate_key": key,
            "training_set_version": version,
            "attempt": 0,
            "mlflow_run": "run-1",
            "code_commit": COMMIT,
        }

    def entry(self, seed: int = 1) -> dict[str, Any]:
        """A candidate as a bundle; returns what the registry entry says of it."""
        candidate = self.candidate(seed)
        decided = decide_once(self.folder, self.lake, self.artifacts, candidate)
        digest = decided["digest"]
        uri = self.artifacts.bundle_uri(self.folder.name, digest)
        named = {"bundle_digest": digest, "bundle_uri": uri, "model_version": "1"}
        return {**candidate, **decided, **named, "cleaned_version": 0}


def trained(folder: ModelFolder, rows: Rows) -> Training:
    return search(folder, rows, lambda _: None)


def clean(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows as `cleaned` holds them, with the columns that say where they came from."""
    return frame.assign(**{DELIVERY: 1, ROW: 0})


def workshop_at(place: Path) -> Workshop:
    return Workshop(tiny(), Lake(str(place / "lake")), Artifacts(place / "artifacts"))


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return workshop_at(tmp_path)

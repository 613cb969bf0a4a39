"""Everyone who is scored on the holdout: the candidate, the champion, the baselines."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gitops.forge import Forge
from platform_assets.folder import ModelFolder
from platform_assets.ml.export import columns
from platform_assets.ml.figures import CANDIDATE
from platform_assets.ml.gates import CHAMPION
from platform_assets.ml.scoring import scores
from platform_assets.model.fitted import load_fitted
from platform_assets.model.rows import Rows
from resources.artifacts import Artifacts
from serving.bundle import open_bundle
from serving.scorer import load_scorer

Scores = npt.NDArray[np.float64]
BASELINES = ("dummy", "linear")


def champion_digest(forge: Forge, model: str) -> str | None:
    """The bundle that production serves and that was proven healthy there, if any."""
    record = forge.read_record("production", model)
    return record.digest or None if record else None


def bundle_scores(
    artifacts: Artifacts, folder: ModelFolder, digest: str, frame: pd.DataFrame
) -> Scores:
    """Score rows with a bundle, verified and loaded as serving does it; shape (n,) or (n, k)."""
    bundle = open_bundle(artifacts.bundle_folder(folder.name, digest), digest)
    return load_scorer(bundle, tuple(folder.spec.serving.trusted_types)).score(
        columns(frame, bundle.signature)
    )


def contenders(
    artifacts: Artifacts,
    folder: ModelFolder,
    entry: Mapping[str, Any],
    champion: str | None,
    holdout: Rows,
) -> dict[str, Scores]:
    """Scores of the candidate, the baselines and, unless it is the candidate, the champion.

    All are made now, on the same rows; no stored figure is used.
    """
    digest = entry["bundle_digest"]
    found = {CANDIDATE: bundle_scores(artifacts, folder, digest, holdout.frame)}
    found |= {
        name: scores(
            load_fitted(artifacts, folder, entry["candidate_key"], name),
            folder.spec.task,
            holdout.features,
        )
        for name in BASELINES
    }
    if champion and champion != digest:
        found[CHAMPION] = bundle_scores(artifacts, folder, champion, holdout.frame)
    return found

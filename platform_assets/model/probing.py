"""The questions of `ml.probes`, put to a bundle as it is served."""

import numpy as np
import numpy.typing as npt

from platform_assets.folder import ModelFolder
from platform_assets.ml.export import columns
from platform_assets.ml.probes import Probes, probe
from platform_assets.model.rows import Rows
from resources.artifacts import Artifacts
from serving.bundle import open_bundle
from serving.scorer import load_scorer

Scores = npt.NDArray[np.float64]


def probe_bundle(
    artifacts: Artifacts, folder: ModelFolder, digest: str, holdout: Rows, scores: Scores
) -> Probes:
    """Ask the bundle about the holdout; `scores` are its own, as they were judged."""
    bundle = open_bundle(artifacts.bundle_folder(folder.name, digest), digest)
    return probe(
        bundle.signature,
        folder.spec.metric,
        holdout.target,
        scores,
        columns(holdout.frame, bundle.signature),
        load_scorer(bundle, tuple(folder.spec.serving.trusted_types)),
        seed=folder.spec.split.seed,
    )

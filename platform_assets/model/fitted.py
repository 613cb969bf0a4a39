"""Fitted pipelines on their way from training to the bundle and the evaluation.

They are skops files: nothing on this way is a pickle.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import skops.io
from sklearn.pipeline import Pipeline

from platform_assets.folder import ModelFolder
from platform_assets.ml.training import Training
from resources.artifacts import Artifacts

KIND = "candidates"
FACTS = "training.json"


def publish(
    artifacts: Artifacts,
    folder: ModelFolder,
    key: str,
    training: Training,
    baselines: Mapping[str, Pipeline],
    classes: Sequence[str],
) -> None:
    """Keep the model, its baselines and what is known about them, in one step."""
    fitted = {"model": training.model, **baselines}
    facts = {
        "parameters": dict(training.best.parameters),
        "trials": trials(training),
        "failed_trials": failed_trials(training),
        "on_edge": list(training.on_edge),
        "classes": list(classes),
        "threshold": training.threshold,
        "decision": dict(training.decision),
        "rows_learned": training.learned,
        "seconds": training.seconds,
        "search": folder.spec.search.model_dump(mode="json"),
    }
    files = {f"{name}.skops": skops.io.dumps(pipeline) for name, pipeline in fitted.items()}
    artifacts.publish(KIND, folder.name, key, files | {FACTS: json.dumps(facts).encode()})


def trials(training: Training) -> list[dict[str, Any]]:
    """Each trial as plain values."""
    return [{"params": dict(trial.parameters), "score": trial.score} for trial in training.trials]


def failed_trials(training: Training) -> list[dict[str, Any]]:
    """Each trial without a figure, with the reason."""
    return [{"params": dict(one.parameters), "error": one.reason} for one in training.failed]


def load_facts(artifacts: Artifacts, folder: ModelFolder, key: str) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(artifacts.load(KIND, folder.name, key, FACTS))
    return facts


def load_fitted(artifacts: Artifacts, folder: ModelFolder, key: str, name: str) -> Any:
    """The pipeline `model`, `dummy` or `linear` of a candidate.

    Every type in the file is trusted: this training wrote it, from the code of this checkout.
    Serving never loads it.
    """
    data = artifacts.load(KIND, folder.name, key, f"{name}.skops")
    return skops.io.loads(data, trusted=skops.io.get_untrusted_types(data=data))

"""The best pipeline a bounded search found on the training rows, with two baselines beside it.

The search is judged on a validation part of the training rows; the holdout is not read here. The
MLflow run names the table version, the parameters of every trial and the commit of the code. The
same rows and the same code give the same candidate, which is then not trained again.
"""

import json
from typing import Any

import dagster as dg
import skops.io

from platform_assets.folder import ModelFolder
from platform_assets.identity import code_commit, digest_of_files, fingerprint
from platform_assets.lineage import latest
from platform_assets.metadata import figures
from platform_assets.ml.baselines import baselines
from platform_assets.ml.splits import validation
from platform_assets.ml.training import Training, train
from platform_assets.model.rows import Rows, classes, load_rows
from resources.artifacts import Artifacts
from resources.lake import Lake
from resources.registry import Registry, TrainingRecord
from resources.settings import CHECKOUT

KIND = "candidates"


def build(folder: ModelFolder) -> dg.AssetsDefinition:
    @dg.asset(
        **folder.asset("candidate_model", __doc__, {"scikitlearn", "mlflow"}),
        deps=[folder.key("training_set")],
    )
    def candidate_model(
        context: dg.AssetExecutionContext,
        lake: dg.ResourceParam[Lake],
        registry: dg.ResourceParam[Registry],
        artifacts: dg.ResourceParam[Artifacts],
    ) -> dg.MaterializeResult[None]:
        version = latest(context.instance, folder.key("training_set"))["delta_version"]
        key = candidate_key(folder, lake, version)
        run_id = (
            registry.find_run(folder.name, key) if artifacts.has(KIND, folder.name, key) else None
        )
        if run_id is None:
            rows = load_rows(lake, folder, version, "train")
            training = search(context, folder, rows)
            publish(artifacts, folder, key, training, rows, classes(lake, folder, version))
            run_id = registry.log_training(record(folder, lake, key, version, training, rows))
        facts = json.loads(artifacts.load(KIND, folder.name, key, "training.json"))
        return dg.MaterializeResult(
            data_version=dg.DataVersion(key),
            metadata={
                "candidate_key": key,
                "training_set_version": version,
                "mlflow_run": run_id,
                "parameters": facts["params"],
                "trials": figures({str(t["params"]): t["score"] for t in facts["trials"]}),
            },
        )

    return candidate_model


def candidate_key(folder: ModelFolder, lake: Lake, version: int) -> str:
    """Changes with the rows, the code of the folder, the search and the locked libraries."""
    spec = folder.spec
    return fingerprint(
        table=lake.table_id(f"{folder.name}/training_set"),
        version=version,
        code=folder.code_version,
        search=spec.search.model_dump(mode="json"),
        split=spec.split.model_dump(mode="json"),
        metric=spec.metric,
        features=spec.features,
        libraries=lock_digest(),
    )


def lock_digest() -> str:
    """SHA-256 of the locked environment, as hex digits."""
    return digest_of_files([CHECKOUT / "requirements.lock"])


def search(context: dg.AssetExecutionContext, folder: ModelFolder, rows: Rows) -> Training:
    spec = folder.spec
    judged_on = validation(
        rows.frame, spec.split, target=spec.target, time=spec.time, task=spec.task
    )
    return train(folder.build, rows.features, rows.target, judged_on, spec, report=context.log.info)


def publish(
    artifacts: Artifacts,
    folder: ModelFolder,
    key: str,
    training: Training,
    rows: Rows,
    names: tuple[str, ...],
) -> None:
    """Keep the fitted pipelines where the registry entry and the evaluation find them."""
    fitted = {"model": training.model}
    fitted |= baselines(folder.spec.task, rows.features, rows.target)
    files = {f"{name}.skops": skops.io.dumps(pipeline) for name, pipeline in fitted.items()}
    facts = {
        "params": training.parameters,
        "trials": trials(training),
        "classes": names,
        "threshold": training.threshold,
        "seconds": training.seconds,
    }
    files["training.json"] = json.dumps(facts).encode()
    artifacts.publish(KIND, folder.name, key, files)


def trials(training: Training) -> list[dict[str, Any]]:
    return [{"params": dict(trial.parameters), "score": trial.score} for trial in training.trials]


def record(
    folder: ModelFolder, lake: Lake, key: str, version: int, training: Training, rows: Rows
) -> TrainingRecord:
    return TrainingRecord(
        model=folder.name,
        fingerprint=key,
        params={**training.parameters, "estimator": type(training.model[-1]).__name__},
        metrics={f"validation_{name}": value for name, value in training.validation.items()},
        tags={
            "slipway.code_commit": code_commit(CHECKOUT),
            "slipway.code_version": folder.code_version,
            "slipway.lock": lock_digest(),
        },
        dataset_uri=lake.uri(f"{folder.name}/training_set"),
        dataset_version=version,
        dataset_rows=len(rows.target),
        trials=trials(training),
    )

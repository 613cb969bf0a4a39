"""The best pipeline a bounded search found on the training rows, with two baselines beside it.

The search is judged on a validation part of the training rows; the holdout is not read here. The
MLflow run names the table version, the parameters of every trial and the commit of the code. The
same rows and the same code give the same candidate, which is then not trained again; the first
commit that gives it is the one it is known by. The check `seeds_fixed` stops an estimator that
draws at random without a seed. After a judgement that did not pass, a larger search may be made on
the same rows (`retry`); the largest that was made stands.
"""

import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg
from joblib import effective_n_jobs

from platform_assets.folder import ModelFolder
from platform_assets.lineage import latest
from platform_assets.metadata import check_result, figures
from platform_assets.ml.baselines import baselines
from platform_assets.ml.search import ALONE, Workers
from platform_assets.ml.seeds import seeds_fixed
from platform_assets.ml.splits import validation
from platform_assets.ml.training import Training, train
from platform_assets.model.asked import Asked, asked_for
from platform_assets.model.fitted import KIND, failed_trials, load_facts, publish, trials
from platform_assets.model.lock import lock_digest
from platform_assets.model.rows import Rows, class_names, classes, load_rows
from resources.artifacts import Artifacts
from resources.checkout import UNKNOWN, Checkout, Code, is_commit
from resources.lake import Lake
from resources.ray_backend import RAY, on_ray
from resources.registry import Registry, TrainingRecord
from resources.settings import Settings, ray_token

CODE, CODE_AT_TRAINING = "slipway.code_commit", "slipway.code_at_training"


def build(folder: ModelFolder) -> dg.AssetsDefinition:
    @folder.asset(
        "candidate_model",
        __doc__,
        {"scikitlearn", "mlflow"},
        after="training_set",
        checks=["seeds_fixed"],
    )
    def candidate_model(
        context: dg.AssetExecutionContext,
        lake: dg.ResourceParam[Lake],
        registry: dg.ResourceParam[Registry],
        artifacts: dg.ResourceParam[Artifacts],
        checkout: dg.ResourceParam[Checkout],
        settings: dg.ResourceParam[Settings],
    ) -> dg.MaterializeResult:
        training_set = latest(context.instance, folder.key("training_set"))
        asked = asked_for(folder, lake, artifacts, training_set["delta_version"], context.run.tags)
        code = checkout.code(folder.name)
        run_id = known_run(asked, artifacts, registry)
        if run_id is None:
            rows = load_rows(lake, folder, asked.version, "train")
            training = learned(asked.folder, rows, settings, context.log)
            run_id = kept(asked, rows, training, code, lake, artifacts, registry)
        return dg.MaterializeResult(
            data_version=dg.DataVersion(asked.key),
            metadata={
                **asked.metadata(),
                "cleaned_version": training_set["cleaned_version"],
                "mlflow_run": run_id,
                "code_commit": known_by(registry, run_id, code),
                **told(load_facts(artifacts, folder, asked.key)),
            },
            check_results=[seeds_check(folder, asked.key)],
        )

    return candidate_model


def known_run(asked: Asked, artifacts: Artifacts, registry: Registry) -> str | None:
    """The MLflow run of a candidate that stands already, files and run both."""
    model = asked.folder.name
    return registry.find_run(model, asked.key) if artifacts.has(KIND, model, asked.key) else None


def kept(
    asked: Asked,
    rows: Rows,
    training: Training,
    code: Code,
    lake: Lake,
    artifacts: Artifacts,
    registry: Registry,
) -> str:
    """Keep the candidate and both baselines as files, the training in MLflow; returns its run."""
    folder = asked.folder
    beside = baselines(folder.spec.task, rows.features, rows.target)
    publish(artifacts, folder, asked.key, training, beside, classes(lake, folder, asked.version))
    return registry.log_training(record(asked, lake, training, rows, code))


def learned(
    folder: ModelFolder, rows: Rows, settings: Settings, log: dg.DagsterLogManager
) -> Training:
    """Search where the settings say, and warn of a best trial at an end of what was tried."""
    with workers(folder, settings) as many:
        training = search(folder, rows, log.info, workers=many)
    for sentence in training.on_edge:
        log.warning("%s; a wider search.space may find better", sentence)
    return training


def search(
    folder: ModelFolder,
    rows: Rows,
    report: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
    workers: Workers = ALONE,
) -> Training:
    """Search on the training rows, with a line of progress for each trial."""
    spec = folder.spec
    judged_on = validation(
        rows.frame, spec.split, target=spec.target, time=spec.time, task=spec.task, key=spec.id
    )
    return train(
        folder.build,
        rows.features,
        rows.target,
        judged_on,
        spec,
        classes=class_names(rows.frame[spec.target], spec.task),
        report=report,
        clock=clock,
        workers=workers,
    )


@contextmanager
def workers(folder: ModelFolder, settings: Settings) -> Iterator[Workers]:
    """Where trials run: on the Ray cluster of the settings if one is named, else on this machine.

    Raises
    ------
    RayUnavailable
        If the cluster cannot be used; nothing is trained elsewhere in its place.
    """
    if not settings.train_ray_address:
        yield Workers(effective_n_jobs(folder.spec.search.n_jobs or 1))
        return
    with on_ray(settings.train_ray_address, ray_token(settings)) as cpus:
        yield Workers(cpus, RAY)


def told(facts: dict[str, Any]) -> dict[str, Any]:
    """What the UI shows of a training."""
    failed = {str(one["params"]): one["error"] for one in facts["failed_trials"]}
    return {
        "parameters": facts["parameters"],
        "search_trials": len(facts["trials"]) + len(facts["failed_trials"]),
        "training_seconds": facts["seconds"],
        "rows_learned": facts["rows_learned"],
        **({"decision": figures(facts["decision"])} if facts["decision"] else {}),
        "trials": figures({str(one["params"]): one["score"] for one in facts["trials"]}),
        **({"failed_trials": failed} if failed else {}),
        **({"on_edge": facts["on_edge"]} if facts["on_edge"] else {}),
    }


def seeds_check(folder: ModelFolder, key: str) -> dg.AssetCheckResult:
    """Whether training again would give the same candidate."""
    named = dg.MetadataValue.text(key)
    return check_result("seeds_fixed", seeds_fixed(folder.build()), candidate_key=named)


def known_by(registry: Registry, run_id: str, now: Code) -> str:
    """The commit that gives this candidate; as it was trained from, until one is known.

    Whatever gives the same key gives the same candidate, so the first clean checkout that finds it
    is where it comes from. How it was trained stays on record.
    """
    said = registry.run_tags(run_id).get(CODE, UNKNOWN)
    name = known_as(said, now)
    if name != said:
        registry.tag_run(run_id, {CODE: name, CODE_AT_TRAINING: said})
    return name


def known_as(said: str, now: Code) -> str:
    """The commit that is on record already, else that of a clean checkout, else what was said."""
    return now.commit if now.clean and not is_commit(said) else said


def record(asked: Asked, lake: Lake, training: Training, rows: Rows, code: Code) -> TrainingRecord:
    """What MLflow remembers of the training."""
    folder = asked.folder
    return TrainingRecord(
        model=folder.name,
        fingerprint=asked.key,
        params={**training.best.parameters, "estimator": training.estimator},
        metrics={f"validation_{name}": value for name, value in training.validation.items()},
        tags={
            CODE: code.name,
            "slipway.code_version": folder.code_version,
            "slipway.lock": lock_digest(),
            "slipway.platform": platform.platform(),
        },
        dataset_uri=lake.uri(f"{folder.name}/training_set"),
        dataset_version=asked.version,
        dataset_rows=len(rows.target),
        trials=[*trials(training), *failed_trials(training)],
    )

"""What a course of the tiny model left in every store, comparable between two homes."""

from typing import Any

import dagster as dg

from platform_assets.component import assets_of
from platform_assets.watch.drills.assets import NAMES as DRILLS
from resources.registry import FINGERPRINT, PARENT
from tests.support.tiny import Platform, tiny

# What `upkeep` writes changes no row (`tests/resources/test_lake_upkeep.py` breaks it off), a
# judged window is written once and whole, and the others only look or are asked for by name.
ASIDE = ("upkeep", "monitoring", *DRILLS, "practices", "test_score")


def graph() -> list[dg.AssetsDefinition]:
    """The model's assets but the delivered files, which the graph does not write, and `ASIDE`."""
    built = [one for one in assets_of(tiny()) if isinstance(one, dg.AssetsDefinition)]
    aside = {tiny().key(name) for name in ASIDE}
    return [one for one in built if not aside & one.keys]


def state(platform: Platform) -> dict[str, Any]:
    """As JSON values."""
    tables = (
        *("raw", "arrivals", "cleaned", "quarantine", "training_set"),
        *("predictions", "batch_predictions"),
    )
    names = [f"tiny/{name}" for name in tables]
    lake, git = platform.lake, platform.forge._git
    return {
        "tables": {
            name: [lake.count(name), lake.version(name)] for name in names if lake.exists(name)
        },
        "folders": _folders(platform),
        "runs": _runs(platform),
        "versions": [one.digest for one in platform.registry.versions("tiny")],
        "aliases": platform.registry.aliases("tiny"),
        "commits": git.text("log", "--format=%s", "main").splitlines(),
        "files": git.text("ls-tree", "-r", "--name-only", "main").splitlines(),
        "promotions": [_promotion(one) for one in platform.forge.promotions()],
        "records": [_record(platform, name) for name in ("staging", "production")],
        "checks": _checks(platform),
        "log": sorted(path.name for path in platform.settings.predictions.glob("*/tiny/*")),
    }


def _folders(platform: Platform) -> dict[str, Any]:
    """Each kind of artifact: how many, and of bundles which; leftovers are hidden."""
    found = {}
    for kind in ("bundles", "candidates", "entries", "reports"):
        place = platform.artifacts.folder(kind, "tiny", ".")
        names = sorted(path.name for path in place.glob("[!.]*"))
        found[kind] = names if kind == "bundles" else len(names)
    return found


def _runs(platform: Platform) -> dict[str, Any]:
    """MLflow's finished runs with their trials and files, and how many still count as running."""
    client = platform.registry._client
    experiment = client.get_experiment_by_name("tiny")
    if experiment is None:
        return {}
    runs = client.search_runs([experiment.experiment_id])
    finished = [run for run in runs if run.info.status == "FINISHED"]
    trainings = [run for run in finished if FINGERPRINT in run.data.tags]
    trials = [run.data.tags.get(PARENT) for run in finished]
    files = [path for path in _files(platform) if path.startswith("evaluation/")]
    return {
        "trials of each training": [trials.count(run.info.run_id) for run in trainings],
        "running": sum(run.info.status == "RUNNING" for run in runs),
        "files": sorted(path.rpartition("/")[2] for path in files),
    }


def _files(platform: Platform) -> list[str]:
    place = platform.settings.home / "mlflow" / "artifacts" / "tiny"
    files = (path.relative_to(place).parts for path in place.rglob("*") if path.is_file())
    return ["/".join(parts[2:]) for parts in files]


def _promotion(one: Any) -> list[Any]:
    contexts = sorted(status.context for status in one.statuses)
    return [one.number, one.state, one.bundle_digest, one.not_passed(), contexts]


def _record(platform: Platform, environment: str) -> list[Any]:
    record = platform.forge.read_record(environment, "tiny")
    if record is None:
        return []
    healthy = record.attempted == record.applied == record.healthy
    return [record.digest, record.version, len(record.proofs), healthy, record.failed]


def _checks(platform: Platform) -> dict[str, bool]:
    """The newest result of every check of the graph."""
    checks = [key for one in graph() for key in one.check_keys]
    latest = platform.instance.event_log_storage.get_latest_asset_check_execution_by_key(checks)
    return {
        f"{key.asset_key.path[-1]}.{key.name}": record.evaluation.passed
        for key, record in latest.items()
        if record.evaluation
    }

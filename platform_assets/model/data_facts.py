"""What the report says of the data: rows, quarantine, freshness, and how they were checked."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import pandas as pd

from platform_assets.folder import ModelFolder
from platform_assets.lineage import evaluations
from platform_assets.ml.gates import Outcome
from platform_assets.ml.report import DataCheck
from platform_assets.model import training_set
from platform_assets.model.frozen import standing
from platform_assets.model.rows import PART
from resources.lake import Lake

NAMED_BY = "training_set_version"
Facts = Mapping[str, Any]


def data_facts(folder: ModelFolder, lake: Lake, entry: Facts) -> dict[str, str]:
    """Rows of each part, the times they span, the holdout's record, and what is in quarantine."""
    spec = folder.spec
    wanted = [PART, spec.target, *([spec.time] if spec.time else [])]
    version = int(entry["training_set_version"])
    rows = lake.read(f"{folder.name}/training_set", version, wanted).to_pandas()
    found = {"table": f"{folder.name}/training_set, version {version}"}
    for part, held in rows.groupby(PART, sort=True):
        found[f"rows: {part}"] = f"{len(held):,}{_target(held[spec.target], spec.task)}"
        if spec.time:
            found[f"times: {part}"] = f"{held[spec.time].min()} to {held[spec.time].max()}"
    if stands := standing(lake, folder):
        found["holdout"] = f"stands since version {stands.since}: {stands.record.reason}"
    bad = _quarantined(folder, lake)
    total = len(rows) + bad
    share = f"{bad / total:.2%}".replace("%", " %")
    return found | {"in quarantine now": f"{bad:,} rows, {share} of all"}


def data_checks(instance: dg.DagsterInstance, folder: ModelFolder, entry: Facts) -> list[DataCheck]:
    """What the checks of the training set found for exactly the candidate's version of it."""
    return [
        _check(instance, spec.key, entry[NAMED_BY])
        for spec in training_set.build(folder).check_specs
    ]


def _check(instance: dg.DagsterInstance, key: dg.AssetCheckKey, version: Any) -> DataCheck:
    for found in evaluations(instance, key):
        stated = found.metadata.get(NAMED_BY)
        if stated is not None and stated.value == version:
            warned = found.severity == dg.AssetCheckSeverity.WARN and bool(found.description)
            outcome: Outcome = "inconclusive" if warned else ("pass" if found.passed else "fail")
            return DataCheck(key.name, outcome, found.description or "")
    return DataCheck(key.name, "fail", "no result for this version of the training set")


def _target(column: pd.Series, task: str) -> str:
    if task == "regression":
        return f", target {column.mean():.4g} on average"
    shares = column.value_counts(normalize=True).sort_index()
    return ", " + ", ".join(f"{share:.2%} {name}" for name, share in shares.items())


def _quarantined(folder: ModelFolder, lake: Lake) -> int:
    name = f"{folder.name}/quarantine"
    return lake.read(name, columns=["_rule"]).num_rows if lake.exists(name) else 0

"""The rows to learn from and the holdout to be judged on, fixed for one version of `cleaned`.

The search and the estimator see the train part alone; nothing but the evaluation reads the
holdout. While one champion stands the holdout stays: rows that arrive later and belong to it wait
in neither part until it is renewed. The checks ask whether what is learned can be trusted: no
copies across the two, no feature that tells the answer alone, no class too rare to be judged, no
future before the past, no unit that changes between deliveries.
"""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pandas as pd
import pyarrow as pa

from gitops.forge import Forge
from platform_assets.data.contract import DELIVERY
from platform_assets.folder import ModelFolder
from platform_assets.lineage import latest
from platform_assets.metadata import about, check_result, table_metadata
from platform_assets.ml.holdout import HOLDOUT, WAITING, cut
from platform_assets.ml.units import units_hold
from platform_assets.model.contenders import champion_digest
from platform_assets.model.frozen import (
    Holdout,
    known_rows,
    learned_by,
    settle,
    standing,
    table_name,
)
from platform_assets.model.rows import PART
from platform_assets.model.trust import check_names, check_results, columns
from resources.lake import Lake
from resources.registry import Registry

UNITS_HOLD = "units_hold"


def build(folder: ModelFolder) -> dg.AssetsDefinition:
    name = table_name(folder)

    @folder.asset(
        "training_set",
        __doc__,
        {"deltalake"},
        after="cleaned",
        checks=[*check_names(folder.spec), UNITS_HOLD],
    )
    def training_set(
        context: dg.AssetExecutionContext,
        lake: dg.ResourceParam[Lake],
        forge: dg.ResourceParam[Forge],
        registry: dg.ResourceParam[Registry],
    ) -> dg.MaterializeResult:
        cleaned = latest(context.instance, folder.key("cleaned"))["delta_version"]
        champion = champion_digest(forge, folder.name)
        version = settle(lake, folder, cleaned, champion)
        rows = lake.read(name, version=version, columns=[PART, *columns(folder.spec)]).to_pandas()
        learned = learned_by(lake, registry, folder, champion) if champion else 0
        found = check_results(folder, rows, datetime.now(UTC))
        return dg.MaterializeResult(
            data_version=dg.DataVersion(str(version)),
            metadata={
                "cleaned_version": cleaned,
                "cleaned_rows": lake.count(f"{folder.name}/cleaned", version=cleaned),
                **table_metadata(lake.schema(name), len(rows), lake.uri(name), version),
                **told(standing(lake, folder), champion, rows[PART]),
                "holdout_rows_champion_learned": learned,
            },
            check_results=[
                about(one, training_set_version=version)
                for one in (*found, units_check(folder, lake, cleaned))
            ],
        )

    return training_set


def units_check(folder: ModelFolder, lake: Lake, cleaned: int) -> dg.AssetCheckResult:
    """Whether the features of each delivery are in the unit of those before it."""
    spec = folder.spec
    wanted = [DELIVERY, *spec.features]
    rows = lake.read(f"{folder.name}/cleaned", version=cleaned, columns=wanted).to_pandas()
    found = units_hold(rows[spec.features], rows[DELIVERY], spec.checks.max_unit_shift)
    return check_result(UNITS_HOLD, found)


def told(stands: Holdout | None, champion: str | None, parts: pd.Series) -> dict[str, Any]:
    """Since when the holdout is what it is, why, and how many rows wait for the next."""
    counts = Counter(parts)
    rows = {"holdout_rows": counts[HOLDOUT], "waiting_rows": counts[WAITING]}
    if stands is None:
        return rows
    frozen = f"frozen since version {stands.since} (champion {str(champion)[:19]})"
    renewed = f"renewed at version {stands.since}: {stands.record.reason}"
    return {**rows, "holdout": frozen if champion else "no champion", "holdout_renewed": renewed}


def divided(folder: ModelFolder, frame: pd.DataFrame) -> pa.Table:
    """All rows of `cleaned` with a known target, cut anew into `train` and `holdout`."""
    rows = known_rows(folder, frame)
    return pa.Table.from_pandas(rows.assign(**{PART: cut(rows, folder.spec)}), preserve_index=False)

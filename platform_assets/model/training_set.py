"""The rows to learn from and the holdout to be judged on, fixed for one version of `cleaned`.

The search and the estimator see the train part alone; nothing but the evaluation reads the
holdout. The checks ask whether what is learned can be trusted: no copies across the two, no feature
that tells the answer alone, no class too rare to be judged, no future before the past.
"""

from datetime import UTC, datetime

import dagster as dg
import pandas as pd
import pyarrow as pa

from platform_assets.data.contract import LINEAGE
from platform_assets.folder import ModelFolder
from platform_assets.identity import fingerprint
from platform_assets.lineage import latest
from platform_assets.metadata import about, table_metadata
from platform_assets.ml.splits import split
from platform_assets.model.rows import PART
from platform_assets.model.trust import check_names, check_results, columns
from resources.lake import Lake

RULES = 2
"""Goes up when the same rows and settings are divided in another way."""


def build(folder: ModelFolder) -> dg.AssetsDefinition:
    name = f"{folder.name}/training_set"

    @folder.asset(
        "training_set", __doc__, {"deltalake"}, after="cleaned", checks=check_names(folder.spec)
    )
    def training_set(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]
    ) -> dg.MaterializeResult:
        cleaned = latest(context.instance, folder.key("cleaned"))["delta_version"]
        mark = set_fingerprint(folder, cleaned)
        if not (lake.exists(name) and lake.fingerprint(name) == mark):
            frame = lake.read(f"{folder.name}/cleaned", version=cleaned).to_pandas()
            lake.overwrite(name, divided(folder, frame), mark)
        version = lake.version(name)
        rows = lake.read(name, version=version, columns=[PART, *columns(folder.spec)]).to_pandas()
        return dg.MaterializeResult(
            data_version=dg.DataVersion(str(version)),
            metadata={
                "cleaned_version": cleaned,
                **table_metadata(lake.schema(name), len(rows), lake.uri(name), version),
            },
            check_results=[
                about(found, training_set_version=version)
                for found in check_results(folder, rows, datetime.now(UTC))
            ],
        )

    return training_set


def set_fingerprint(folder: ModelFolder, cleaned: int) -> str:
    """Changes with the rows, with the columns and with the way they are split."""
    spec = folder.spec
    return fingerprint(
        rules=RULES,
        cleaned=cleaned,
        split=spec.split.model_dump(mode="json"),
        columns=list(folder.contract.columns),
        target=spec.target,
        time=spec.time,
        id=spec.id,
    )


def divided(folder: ModelFolder, frame: pd.DataFrame) -> pa.Table:
    """All rows with a known target and their part, `train` or `holdout`."""
    spec = folder.spec
    known = frame[frame[spec.target].notna()].drop(columns=list(LINEAGE))
    parts = split(
        known, spec.split, target=spec.target, time=spec.time, task=spec.task, key=spec.id
    )
    labelled = [parts.train.assign(**{PART: "train"}), parts.holdout.assign(**{PART: "holdout"})]
    return pa.Table.from_pandas(pd.concat(labelled), preserve_index=False)

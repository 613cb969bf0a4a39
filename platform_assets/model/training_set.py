"""The rows to learn from and the holdout to be judged on, fixed for one version of `cleaned`.

The search and the estimator see the train part alone; nothing but the evaluation reads the
holdout.
"""

from typing import Any

import dagster as dg
import pandas as pd
import pyarrow as pa

from platform_assets.data.contract import LINEAGE
from platform_assets.folder import ModelFolder
from platform_assets.identity import fingerprint
from platform_assets.lineage import latest
from platform_assets.metadata import table_metadata
from platform_assets.ml.splits import split
from platform_assets.model.rows import PART
from resources.lake import Lake


def build(folder: ModelFolder) -> dg.AssetsDefinition:
    name = f"{folder.name}/training_set"

    @folder.asset("training_set", __doc__, {"deltalake"}, after="cleaned", checks=["parts_are_fit"])
    def training_set(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]
    ) -> dg.MaterializeResult:
        cleaned = latest(context.instance, folder.key("cleaned"))["delta_version"]
        mark = set_fingerprint(folder, cleaned)
        if not (lake.exists(name) and lake.fingerprint(name) == mark):
            frame = lake.read(f"{folder.name}/cleaned", version=cleaned).to_pandas()
            lake.overwrite(name, divided(folder, frame), mark)
        version = lake.version(name)
        parts = lake.read(name, version=version, columns=[PART, folder.spec.target]).to_pandas()
        return dg.MaterializeResult(
            data_version=dg.DataVersion(str(version)),
            metadata={
                "cleaned_version": cleaned,
                **table_metadata(lake.schema(name), len(parts), lake.uri(name), version),
            },
            check_results=[fitness(folder, parts)],
        )

    return training_set


def set_fingerprint(folder: ModelFolder, cleaned: int) -> str:
    """Changes with the rows, with the columns and with the way they are split."""
    spec = folder.spec
    return fingerprint(
        cleaned=cleaned,
        split=spec.split.model_dump(mode="json"),
        columns=list(folder.contract.columns),
        target=spec.target,
        time=spec.time,
    )


def divided(folder: ModelFolder, frame: pd.DataFrame) -> pa.Table:
    """All rows with a known target and their part, `train` or `holdout`."""
    spec = folder.spec
    known = frame[frame[spec.target].notna()].drop(columns=list(LINEAGE))
    parts = split(known, spec.split, target=spec.target, time=spec.time, task=spec.task)
    labelled = [parts.train.assign(**{PART: "train"}), parts.holdout.assign(**{PART: "holdout"})]
    return pa.Table.from_pandas(pd.concat(labelled), preserve_index=False)


def fitness(folder: ModelFolder, parts: pd.DataFrame) -> dg.AssetCheckResult:
    """Both parts hold rows, and every class of the holdout is one that can be learned."""
    train = parts.loc[parts[PART] == "train", folder.spec.target]
    holdout = parts.loc[parts[PART] == "holdout", folder.spec.target]
    problems = [f"no rows to {use}" for use, rows in _uses(train, holdout) if rows.empty]
    if folder.spec.task != "regression":
        problems += _class_problems(train, holdout)
    return dg.AssetCheckResult(
        check_name="parts_are_fit",
        passed=not problems,
        description="; ".join(problems) or None,
        metadata={"train_rows": len(train), "holdout_rows": len(holdout), **_shares(folder, train)},
    )


def _uses(train: pd.Series, holdout: pd.Series) -> list[tuple[str, pd.Series]]:
    return [("learn from", train), ("be judged on", holdout)]


def _class_problems(train: pd.Series, holdout: pd.Series) -> list[str]:
    problems = [
        f"no class but one to {use}" for use, rows in _uses(train, holdout) if rows.nunique() < 2
    ]
    unknown = sorted(map(str, set(holdout) - set(train)))
    if unknown:
        problems.append(f"classes only in the holdout: {', '.join(unknown)}")
    return problems


def _shares(folder: ModelFolder, train: pd.Series) -> dict[str, Any]:
    if folder.spec.task == "regression" or train.empty:
        return {}
    shares = train.value_counts(normalize=True)
    return {"class_shares": {str(name): float(share) for name, share in shares.items()}}

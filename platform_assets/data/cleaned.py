"""Rows that keep the contract, with its types, and the rows that break it, with the rule.

Every delivered row is in exactly one of the two tables. A delivery with too many bad rows goes to
quarantine whole and stops the run, so that nothing is trained on half of a broken file.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
import pandas as pd
import pyarrow as pa

from platform_assets.data.contract import RULE, Sorted, broken_schema, clean_schema, sort_rows
from platform_assets.data.deliveries import DELIVERY
from platform_assets.folder import ModelFolder
from platform_assets.lineage import newest_evaluation
from platform_assets.metadata import table_metadata
from resources.lake import Lake

REFUSED = "delivery:too_many_bad_rows"


def build(folder: ModelFolder) -> dg.AssetsDefinition:
    clean_name, bad_name = f"{folder.name}/cleaned", f"{folder.name}/quarantine"
    kinds = {"deltalake", "pandera"}
    good = "Rows that keep the contract, with its types."
    bad = "Rows that break the contract, as they were delivered, each with the rule it broke."
    cleaned_spec = folder.asset_spec("cleaned", good, kinds, after="raw")
    bad_spec = folder.asset_spec("quarantine", bad, kinds, after="raw")

    @dg.multi_asset(
        name=f"{folder.group}__cleaned_and_quarantine",
        specs=[cleaned_spec, bad_spec],
        check_specs=folder.checks("cleaned", ["rows_accounted_for", "quarantine_rate"]),
    )
    def cleaned(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        clean_pending(folder, lake, context)
        yield _result(lake, bad_name, bad_spec.key)
        yield _result(lake, clean_name, cleaned_spec.key)
        yield _accounted(folder, lake, cleaned_spec.key)
        yield _rate(folder, lake, cleaned_spec.key, reported(context.instance, folder))

    return cleaned


def clean_pending(folder: ModelFolder, lake: Lake, context: dg.AssetExecutionContext) -> None:
    """Sort the deliveries not cleaned yet into both tables.

    Quarantine is written first: should the process die between the two, the next pass finds the
    deliveries missing in `cleaned`, sorts them again to the same result, and appends that alone.
    """
    raw, clean, bad = (f"{folder.name}/{part}" for part in ("raw", "cleaned", "quarantine"))
    delivered = list(lake.counts(raw, by=DELIVERY))
    landed = lake.landed(clean, delivered)
    pending = [delivery for delivery in delivered if delivery not in landed]
    if not pending:
        return
    rows = lake.read(raw, where=[(DELIVERY, "in", pending)]).to_pandas()
    parts = refuse_spoilt(
        sort_rows(rows, folder.contract, folder.spec.id, _known_ids(folder, lake, clean)),
        rows,
        folder.spec.source.max_quarantined,
    )
    context.log.info(
        "%d deliveries: %d rows clean, %d quarantined",
        len(pending),
        len(parts.clean),
        len(parts.broken),
    )
    quarantined = lake.landed(bad, pending)
    missing = [delivery for delivery in pending if delivery not in quarantined]
    lost = parts.broken[parts.broken[DELIVERY].isin(missing)]
    if missing:
        lake.append(bad, _arrow(lost, broken_schema(folder.contract)), missing)
    lake.append(clean, _arrow(parts.clean, clean_schema(folder.contract)), pending)


def reported(instance: dg.DagsterInstance, folder: ModelFolder) -> set[str]:
    """The deliveries that the check `quarantine_rate` has named as refused before.

    What was refused and never named (the process died in between) is still to be named.
    """
    key = dg.AssetCheckKey(folder.key("cleaned"), "quarantine_rate")
    evaluation = newest_evaluation(instance, key)
    named: Any = evaluation.metadata["refused_ever"].value if evaluation else ()
    return set(named)


def refuse_spoilt(parts: Sorted, rows: pd.DataFrame, limit: float) -> Sorted:
    """Move the clean rows of deliveries with more than `limit` bad rows to the broken side."""
    share = parts.broken.groupby(DELIVERY).size() / rows.groupby(DELIVERY).size()
    spoilt = share.index[share.fillna(0.0) > limit]
    if not len(spoilt):
        return parts
    clean_keys = parts.clean.loc[parts.clean[DELIVERY].isin(spoilt), [DELIVERY, "_row"]]
    moved = rows.merge(clean_keys, on=[DELIVERY, "_row"]).assign(**{RULE: REFUSED})
    kept = parts.clean[~parts.clean[DELIVERY].isin(spoilt)]
    return Sorted(kept.reset_index(drop=True), pd.concat([parts.broken, moved], ignore_index=True))


def _known_ids(folder: ModelFolder, lake: Lake, name: str) -> set[object]:
    if folder.spec.id is None or not lake.exists(name):
        return set()
    return set(lake.read(name, columns=[folder.spec.id]).column(0).to_pylist())


def _arrow(frame: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pandas(frame, schema=schema, preserve_index=False, safe=False)


def _result(lake: Lake, name: str, key: dg.AssetKey) -> dg.MaterializeResult:
    version = lake.version(name)
    return dg.MaterializeResult(
        asset_key=key,
        data_version=dg.DataVersion(str(version)),
        metadata=table_metadata(lake.schema(name), lake.count(name), lake.uri(name), version),
    )


def _accounted(folder: ModelFolder, lake: Lake, key: dg.AssetKey) -> dg.AssetCheckResult:
    raw, clean, bad = (
        lake.counts(f"{folder.name}/{part}", by=DELIVERY)
        for part in ("raw", "cleaned", "quarantine")
    )
    off = [one for one, rows in raw.items() if clean.get(one, 0) + bad.get(one, 0) != rows]
    return dg.AssetCheckResult(
        check_name="rows_accounted_for",
        asset_key=key,
        passed=not off,
        metadata={
            "delivered": sum(raw.values()),
            "clean": sum(clean.values()),
            "quarantined": sum(bad.values()),
            "deliveries_off": off,
        },
    )


def _rate(
    folder: ModelFolder, lake: Lake, key: dg.AssetKey, known: set[str]
) -> dg.AssetCheckResult:
    limit = folder.spec.source.max_quarantined
    clean, bad = (
        lake.counts(f"{folder.name}/{part}", by=DELIVERY) for part in ("cleaned", "quarantine")
    )
    ever = refused_deliveries(clean, bad, limit)
    refused = sorted(set(ever) - known)
    total = sum(clean.values()) + sum(bad.values())
    return dg.AssetCheckResult(
        check_name="quarantine_rate",
        asset_key=key,
        passed=not refused,
        description=f"{len(refused)} deliveries refused whole" if refused else None,
        metadata={
            "share_of_all_rows": sum(bad.values()) / total if total else 0.0,
            "limit_per_delivery": limit,
            "refused_deliveries": refused,
            "refused_ever": ever,
            "rules": _rules(lake, f"{folder.name}/quarantine"),
        },
    )


def refused_deliveries(clean: Mapping[str, int], bad: Mapping[str, int], limit: float) -> list[str]:
    """The deliveries of which more than `limit` of the rows are in quarantine, in order."""
    return sorted(one for one, rows in bad.items() if rows > limit * (rows + clean.get(one, 0)))


def _rules(lake: Lake, name: str) -> dg.MarkdownMetadataValue:
    rows = sorted(lake.counts(name, by=RULE).items(), key=lambda item: -item[1])
    table = "\n".join(f"| {rule} | {count} |" for rule, count in rows)
    return dg.MetadataValue.md(f"| rule | rows |\n|---|---|\n{table}")

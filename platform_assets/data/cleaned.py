"""Rows that keep the contract, with its types, and the rows that break it, with the rule.

Every delivered row is in exactly one of the two tables. A delivery with too many bad rows goes to
quarantine whole and stops the run, so that nothing is trained on half of a broken file.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from platform_assets.data import past
from platform_assets.data.accounts import Account, accounts, rate
from platform_assets.data.blocks import Delivery, delivered
from platform_assets.data.cleaning import ROWS, Cleaner
from platform_assets.data.contract import RULE
from platform_assets.data.history import freshness, volume
from platform_assets.folder import ModelFolder
from platform_assets.lineage import newest_evaluation
from platform_assets.metadata import check_result, table_metadata
from resources.lake import Lake

CHECKS = ("rows_accounted_for", "quarantine_rate", "volume", "freshness")
SHOWN = 20


def build(folder: ModelFolder) -> dg.AssetsDefinition:
    kinds = {"deltalake", "pandera"}
    good = "Rows that keep the contract, with its types."
    bad = "Rows that break the contract, as they were delivered, each with the rule it broke."
    cleaned_spec = folder.asset_spec("cleaned", good, kinds, after="raw")
    bad_spec = folder.asset_spec("quarantine", bad, kinds, after="raw")

    @dg.multi_asset(
        name=f"{folder.group}__cleaned_and_quarantine",
        specs=[cleaned_spec, bad_spec],
        check_specs=folder.checks("cleaned", CHECKS),
    )
    def cleaned(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        cleaner = Cleaner(lake, folder, context.log.info)
        cleaner.run()
        yield _result(lake, cleaner.table("quarantine"), bad_spec.key)
        yield _result(lake, cleaner.table("cleaned"), cleaned_spec.key)
        known = reported(context.instance, folder, cleaner.generation)
        files = _files(cleaner, known)
        found = accounts(lake, cleaner.table("cleaned"), cleaner.table("quarantine"), known)
        fresh = [one for one in found if one.delivery in files]
        yield accounted(cleaner, fresh)
        yield quarantined(cleaner, fresh, files, known)
        yield from compared(context.instance, cleaner, fresh, files, known)

    return cleaned


def reported(instance: dg.DagsterInstance, folder: ModelFolder, generation: int) -> int:
    """The last delivery that the check `quarantine_rate` has spoken of, as it is judged now.

    What was refused and never named (the process died in between) is still to be named.
    """
    said = _said(instance, folder, "quarantine_rate")
    return int(said["sorted_to"]) if said.get("generation") == str(generation) else 0


def accounted(cleaner: Cleaner, fresh: list[Account]) -> dg.AssetCheckResult:
    """All rows by the tables' logs, and each new delivery row by row."""
    lake = cleaner.lake
    clean, bad = (lake.count(cleaner.table(name)) for name in ("cleaned", "quarantine"))
    rows = lake.mark(cleaner.table("quarantine"), ROWS) or 0
    off = [one.delivery for one in fresh if not one.whole]
    return dg.AssetCheckResult(
        check_name="rows_accounted_for",
        asset_key=cleaner.folder.key("cleaned"),
        passed=rows == clean + bad and not off,
        metadata={
            "delivered": rows,
            "clean": clean,
            "quarantined": bad,
            "deliveries_looked_at": len(fresh),
            "deliveries_off": off[:SHOWN],
        },
    )


def quarantined(
    cleaner: Cleaner, fresh: list[Account], files: dict[int, Delivery], known: int
) -> dg.AssetCheckResult:
    """Few bad rows are warned of; many refuse the delivery, and stop the run that brought it."""
    lake, source = cleaner.lake, cleaner.folder.spec.source
    found = rate(fresh, source.warn_quarantined, source.max_quarantined)
    refused, warned = (
        {files[number].file: share for number, share in kind.items()}
        for kind in (found.refused, found.warned)
    )
    level = dg.AssetCheckSeverity.ERROR if refused else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        check_name="quarantine_rate",
        asset_key=cleaner.folder.key("cleaned"),
        passed=not refused and not warned,
        severity=level,
        description=_sentence(cleaner.folder.name, refused, warned),
        metadata={
            "refused_deliveries": dict(list(refused.items())[:SHOWN]),
            "warned_of": dict(list(warned.items())[:SHOWN]),
            "limits": {"warn": source.warn_quarantined, "refuse": source.max_quarantined},
            "rules": _rules(lake, cleaner.table("quarantine")),
            "sorted_to": max(files, default=known),
            "generation": str(cleaner.generation),
        },
    )


def compared(
    instance: dg.DagsterInstance,
    cleaner: Cleaner,
    fresh: list[Account],
    files: dict[int, Delivery],
    known: int,
) -> Iterator[dg.AssetCheckResult]:
    """Volume and freshness beside this table's own past, which goes on in the metadata."""
    folder, lake = cleaner.folder, cleaner.lake
    before = past.read(_said(instance, folder, "volume").get("past", [])) if known else []
    newest = past.newest_events(lake, cleaner.table("cleaned"), folder.spec.time, known)
    history = past.extended(before, fresh, files, newest)
    key = folder.key("cleaned")
    kept = dg.MetadataValue.json(past.written(history))
    yield check_result("volume", volume(history), key, past=kept)
    yield check_result("freshness", freshness(history, datetime.now(UTC)), key)


def _said(instance: dg.DagsterInstance, folder: ModelFolder, check: str) -> dict[str, Any]:
    """The metadata of a check's newest evaluation, as plain values."""
    evaluation = newest_evaluation(instance, dg.AssetCheckKey(folder.key("cleaned"), check))
    found = evaluation.metadata.items() if evaluation else ()
    return {name: value.value for name, value in found}


def _files(cleaner: Cleaner, after: int) -> dict[int, Delivery]:
    """The deliveries behind `after` that are sorted, by number; some may hold no row."""
    raw, lake = cleaner.table("raw"), cleaner.lake
    last = cleaner.position("quarantine", lake.newest(cleaner.table("quarantine")))
    found = delivered(lake, raw, lake.version(raw), after)
    return {one.number: one for one in found if one.number <= last}


def _sentence(model: str, refused: dict[str, float], warned: dict[str, float]) -> str | None:
    if not refused and not warned:
        return None
    parts = [
        f"{len(files)} deliveries {what}: "
        + ", ".join(f"{name} ({share:.1%} bad)" for name, share in list(files.items())[:3])
        for what, files in (("refused whole", refused), ("with bad rows", warned))
        if files
    ]
    return f"{'; '.join(parts)}; show them: slipway quarantine show {model}"


def _result(lake: Lake, name: str, key: dg.AssetKey) -> dg.MaterializeResult:
    version = lake.version(name)
    return dg.MaterializeResult(
        asset_key=key,
        data_version=dg.DataVersion(str(version)),
        metadata=table_metadata(lake.schema(name), lake.count(name), lake.uri(name), version),
    )


def _rules(lake: Lake, name: str) -> dg.MarkdownMetadataValue:
    rows = sorted(lake.counts(name, by=RULE).items(), key=lambda item: -item[1])
    table = "\n".join(f"| {rule} | {count} |" for rule, count in rows)
    return dg.MetadataValue.md(f"| rule | rows |\n|---|---|\n{table}")

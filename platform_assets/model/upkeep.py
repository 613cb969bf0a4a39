"""The files of the model's tables, kept few and no older than somebody can ask for.

Small files are merged, and files that left a table longer ago than `SLIPWAY_LAKE_RETENTION_DAYS`
are deleted. The newest version of a table and every version that a registered model names can
still be read. No row changes.
"""

from datetime import timedelta

import dagster as dg

from platform_assets.data import ledger, mended
from platform_assets.data.blocks import LAYOUT
from platform_assets.folder import ModelFolder
from platform_assets.model.seen import CLEANED, TRAINING_SET, named_versions
from resources.delta_files import Layout
from resources.lake import Lake
from resources.lake_upkeep import Tidied, tidy
from resources.registry import Registry, Version
from resources.settings import Settings


def build(folder: ModelFolder) -> dg.AssetsDefinition:
    @folder.asset("upkeep", __doc__, {"deltalake"})
    def upkeep(
        lake: dg.ResourceParam[Lake],
        registry: dg.ResourceParam[Registry],
        settings: dg.ResourceParam[Settings],
    ) -> dg.MaterializeResult:
        retention = timedelta(days=settings.lake_retention_days)
        kept = keep(folder.name, registry.versions(folder.name))
        done = {
            name: tidy(lake, name, layout, retention, kept.get(name, ()))
            for name, layout in layouts(folder.name).items()
            if lake.exists(name)
        }
        return dg.MaterializeResult(
            metadata={
                "bytes_freed": sum(one.bytes_freed for one in done.values()),
                "files_before": sum(one.files_before for one in done.values()),
                "files_after": sum(one.files_after for one in done.values()),
                "retention_days": settings.lake_retention_days,
                "tables": told(done),
            }
        )

    return upkeep


def layouts(model: str) -> dict[str, Layout]:
    """The tables of a model, and how their files are written."""
    plain = (f"{model}/{name}" for name in ("cleaned", "quarantine", "training_set"))
    names = [*plain, ledger.table(model), mended.table(model)]
    return {f"{model}/raw": LAYOUT, **dict.fromkeys(names, Layout())}


def keep(model: str, versions: list[Version]) -> dict[str, set[int]]:
    """The table versions that registered models name."""
    tags = {"cleaned": CLEANED, "training_set": TRAINING_SET}
    return {f"{model}/{name}": named_versions(versions, tag) for name, tag in tags.items()}


def told(done: dict[str, Tidied]) -> dg.MarkdownMetadataValue:
    rows = [
        f"| {name} | {one.files_before} | {one.files_after} | {one.bytes_freed:,} "
        f"| {', '.join(map(str, one.versions_kept)) or '-'} |"
        for name, one in done.items()
    ]
    names = ("table", "files before", "files after", "bytes freed", "versions kept")
    head = f"| {' | '.join(names)} |\n{'|---' * len(names)}|"
    return dg.MetadataValue.md("\n".join([head, *rows]))

"""What the model has on disk, kept few and no older than somebody can ask for.

Old candidates go with their bundles, reports and model versions, unless git may ask for them or
`retention` in `defs.yaml` keeps them; none goes while a run of the model is under way. Small files
of its tables are merged, and files that left a table longer ago than `SLIPWAY_LAKE_RETENTION_DAYS`
are deleted. The newest version of a table and every version that a registered model names can
still be read. No row changes, but predictions older than `retention.predictions` days leave their
table.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from gitops.forge import Forge
from platform_assets.data import ledger, mended
from platform_assets.data.blocks import LAYOUT
from platform_assets.folder import ModelFolder
from platform_assets.model.collecting import collect, planned
from platform_assets.model.collecting import told as told_of
from platform_assets.model.seen import CLEANED, TRAINING_SET, named_versions
from platform_assets.run_tags import MODEL_TAG
from platform_assets.watch import landing_log, log_rows, observations
from platform_assets.watch.keeping import expire
from resources.artifacts import Artifacts
from resources.delta_files import Layout
from resources.lake import Lake
from resources.lake_upkeep import Tidied, tidy
from resources.registry import Registry, Version
from resources.settings import Settings


def build(folder: ModelFolder) -> dg.AssetsDefinition:
    @folder.asset("upkeep", __doc__, {"deltalake"})
    def upkeep(
        context: dg.AssetExecutionContext,
        lake: dg.ResourceParam[Lake],
        registry: dg.ResourceParam[Registry],
        artifacts: dg.ResourceParam[Artifacts],
        forge: dg.ResourceParam[Forge],
        settings: dg.ResourceParam[Settings],
    ) -> dg.MaterializeResult:
        collected = collected_now(context, folder, forge, registry, artifacts)
        now, retention = datetime.now(UTC), timedelta(days=settings.lake_retention_days)
        expired = expire(lake, folder.name, now - timedelta(days=folder.spec.retention.predictions))
        kept = keep(folder.name, registry.versions(folder.name))
        done = {
            name: tidy(lake, name, layout, retention, kept.get(name, ()))
            for name, layout in layouts(folder.name).items()
            if lake.exists(name)
        }
        return dg.MaterializeResult(
            metadata={
                **collected,
                "predictions_expired": expired,
                "bytes_freed": sum(one.bytes_freed for one in done.values()),
                "files_before": sum(one.files_before for one in done.values()),
                "files_after": sum(one.files_after for one in done.values()),
                "retention_days": settings.lake_retention_days,
                "tables": told(done),
            }
        )

    return upkeep


def collected_now(
    context: dg.AssetExecutionContext,
    folder: ModelFolder,
    forge: Forge,
    registry: Registry,
    artifacts: Artifacts,
) -> dict[str, int | str]:
    """Collect, unless another run of the model could need what it finds; returns what to show."""
    if others_at_work(context.instance, folder.name, context.run.run_id):
        return {"collected": "nothing, since another run of the model is under way"}
    chosen = planned(folder, forge, registry, artifacts)
    gone = collect(folder.name, chosen, registry, artifacts, folder.spec.retention.days)
    return told_of(chosen, gone)


def others_at_work(instance: dg.DagsterInstance, model: str, own: str) -> bool:
    """Whether any other run of a model has begun or waits."""
    wanted = dg.RunsFilter(tags={MODEL_TAG: model}, statuses=NOT_FINISHED_STATUSES)
    return any(run.run_id != own for run in instance.get_runs(wanted))


def layouts(model: str) -> dict[str, Layout]:
    """The tables of a model, and how their files are written."""
    plain = (f"{model}/{name}" for name in ("cleaned", "quarantine", "training_set"))
    names = [*plain, ledger.table(model), mended.table(model), observations.table(model)]
    logged = {landing_log.table(model): log_rows.LAYOUT}
    return {f"{model}/raw": LAYOUT, **logged, **dict.fromkeys(names, Layout())}


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

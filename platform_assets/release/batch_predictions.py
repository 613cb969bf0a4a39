"""Clean rows scored by the bundle that git declares for an environment, each row once.

Only rows that no batch has scored are taken, unless the run is told `again`; then those that this
digest has not scored. What was scored since the last time is judged, or the newest batch once more,
and the live endpoint is asked for some of the same rows. Nothing waits for this table.
"""

from datetime import datetime
from typing import Any

import dagster as dg
import pyarrow.compute as pc

from gitops.forge import Forge
from gitops.manifest import ReleaseManifest, manifest_path, parse
from platform_assets.data.contract import LINEAGE
from platform_assets.errors import BatchRefused
from platform_assets.folder import Job, ModelFolder
from platform_assets.lineage import newest
from platform_assets.metadata import check_result, table_metadata
from platform_assets.release.batch import NAME, Batch, Pinned, score_batch, table
from platform_assets.release.batch_checks import (
    inputs_like_reference,
    parity_with_endpoint,
    rows_complete,
    scores_in_range,
    scores_like_reference,
)
from platform_assets.release.scored_rows import ScoredRows, scored_rows
from platform_assets.run_tags import BATCH_TAG
from platform_assets.watch.log_rows import TIME
from platform_assets.wiring import build_verifier
from resources.artifacts import Artifacts
from resources.keys import accepted_keys
from resources.lake import Lake
from resources.settings import Settings
from serving.bundle import open_bundle
from serving.scorer import load_scorer

JUDGED_UNTIL = "judged_until"
CHECKS = (
    "rows_complete",
    "scores_in_range",
    "inputs_like_reference",
    "scores_like_reference",
    "parity_with_endpoint",
)


class BatchConfig(dg.Config):
    """`environment` empty means the last one of the policy; `again` scores what others scored."""

    environment: str = ""
    again: bool = False


def build(folder: ModelFolder, environment: str) -> dg.AssetsDefinition:
    """The asset; `environment` is the one whose version scores unless a run says another."""

    @folder.asset(NAME, __doc__, {"deltalake"}, after="cleaned", checks=CHECKS, blocking=False)
    def batch_predictions(
        context: dg.AssetExecutionContext,
        config: BatchConfig,
        forge: dg.ResourceParam[Forge],
        lake: dg.ResourceParam[Lake],
        artifacts: dg.ResourceParam[Artifacts],
        settings: dg.ResourceParam[Settings],
    ) -> dg.MaterializeResult:
        manifest = declared(forge, folder.name, config.environment or environment)
        pinned = pin(manifest, artifacts, settings)
        batch = score_batch(lake, pinned, again=config.again)
        scored = scored_rows(lake, pinned, judged_until(context.instance, folder.key(NAME)))
        return dg.MaterializeResult(
            metadata={**_told(batch, scored, manifest), **_table(lake, folder.name)},
            check_results=_checked(lake, pinned, batch, scored, settings),
        )

    return batch_predictions


def batch_job(folder: ModelFolder) -> Job:
    """Clean rows, scored by what git declares; its runs hold up none of the model's."""
    return folder.job(
        "batch", "score the clean rows that no batch has scored.", NAME, tag=BATCH_TAG
    )


def declared(forge: Forge, model: str, environment: str) -> ReleaseManifest:
    """The manifest that git has for an environment, once it was proven there.

    Raises
    ------
    BatchRefused
        If there is none, or nobody has proven its digest yet.
    """
    path, head = manifest_path(environment, model), forge.head()
    text = forge.read(path, head)
    if text is None:
        raise BatchRefused(model, environment, "git names no version there")
    manifest = parse(text, path)
    record = forge.read_record(environment, model)
    if record is None or record.digest != manifest.bundle_digest:
        raise BatchRefused(
            model, environment, f"version {manifest.model_version} is not proven there yet"
        )
    return manifest


def pin(manifest: ReleaseManifest, artifacts: Artifacts, settings: Settings) -> Pinned:
    """The stored bundle of exactly the digest that git names, loaded."""
    folder = artifacts.bundle_folder(manifest.model, manifest.bundle_digest)
    bundle = open_bundle(folder, manifest.bundle_digest, accepted_keys(settings))
    return Pinned(manifest, bundle, load_scorer(bundle, settings.trusted))


def in_table(lake: Lake, model: str, batch: Batch) -> int:
    """How many rows of the batch the table has; one that stands there twice is none."""
    if not batch.due:
        return 0
    keys = lake.read(table(model), columns=LINEAGE, where=[(TIME, "=", batch.at)])
    times = keys.group_by(list(LINEAGE)).aggregate([([], "count_all")])["count_all"]
    return int(pc.sum(pc.equal(times, 1)).as_py() or 0)


def judged_until(instance: dg.DagsterInstance, key: dg.AssetKey) -> datetime | None:
    """When the last rows were scored that the last materialization judged; None if it says none."""
    last = next(iter(newest(instance, key, 1)), None)
    said = last.told.get(JUDGED_UNTIL) if last else None
    return datetime.fromisoformat(said) if said else None


def _checked(
    lake: Lake, pinned: Pinned, batch: Batch, scored: ScoredRows, settings: Settings
) -> list[dg.AssetCheckResult]:
    bundle, endpoint = pinned.bundle, build_verifier(settings)
    found = (
        rows_complete(batch, in_table(lake, pinned.manifest.model, batch)),
        scores_in_range(scored, bundle.signature.task),
        inputs_like_reference(scored, bundle.reference),
        scores_like_reference(scored, bundle.reference),
        parity_with_endpoint(
            scored, bundle, lambda rows: endpoint.scores(bundle, pinned.manifest.route, rows)
        ),
    )
    return [check_result(name, one) for name, one in zip(CHECKS, found, strict=True)]


def _told(batch: Batch, scored: ScoredRows, manifest: ReleaseManifest) -> dict[str, Any]:
    until = {JUDGED_UNTIL: scored.last.isoformat()} if scored.last else {}
    return {
        **until,
        "environment": manifest.environment,
        "bundle_digest": manifest.bundle_digest,
        "model_version": manifest.model_version,
        "cleaned_version": batch.cleaned,
        "scored": batch.written,
        "judged": len(scored.scores),
    }


def _table(lake: Lake, model: str) -> dict[str, Any]:
    name = table(model)
    version = lake.newest(name)
    if version is None:
        return {}
    return dict(table_metadata(lake.schema(name), lake.count(name), lake.uri(name), version))

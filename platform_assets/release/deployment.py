"""The model that callers of one environment reach, as git says.

The endpoint must answer the golden rows, refuse bad input and keep the latency budget; otherwise a
revert commit takes the release back, its digest is held, and the version before answers on.
MLflow's aliases follow once this version is proven.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import dagster as dg

from gitops.conditions import Outcome, Reason, RetryAfter, Settled, Verdict
from gitops.forge import Forge
from gitops.reconcile import Reconciler, Report
from gitops.stepping import Analysis
from platform_assets.folder import ModelFolder
from platform_assets.release.aliases import mirror_aliases
from platform_assets.release.deployment_checks import CHECKS, check_results
from platform_assets.release.deployment_metadata import facts, pictures, walked
from platform_assets.release.stages import Stage, deployment_of
from platform_assets.release.steps import Pause, through_steps
from resources.registry import Registry
from resources.settings import Settings

TRIES = 8
SOON_OVER = {
    Reason.RUNTIME_UNAVAILABLE,
    Reason.REPOSITORY_UNAVAILABLE,
    Reason.CONTENDED,
    Reason.LOCKED,
}
Event = dg.MaterializeResult | dg.AssetCheckResult


@dataclass(frozen=True)
class Site:
    """What a deployment works with."""

    reconciler: Reconciler
    forge: Forge
    registry: Registry
    settings: Settings


def build(folder: ModelFolder, stage: Stage) -> dg.AssetsDefinition:
    """The asset that is live in one environment, with a check for all that its endpoint must do."""

    @folder.asset(stage.deployment, __doc__, {"rayserve"}, after=stage.release, checks=CHECKS)
    def deployed(
        context: dg.AssetExecutionContext,
        reconciler: dg.ResourceParam[Reconciler],
        forge: dg.ResourceParam[Forge],
        registry: dg.ResourceParam[Registry],
        settings: dg.ResourceParam[Settings],
    ) -> Iterator[Event]:
        site = Site(reconciler, forge, registry, settings)
        yield from deploy(context, folder, stage.environment, site, tried=context.retry_number)

    return deployed


def deploy(
    context: dg.AssetExecutionContext,
    folder: ModelFolder,
    environment: str,
    site: Site,
    *,
    tried: int = 0,
    pause: Pause = time.sleep,
) -> Iterator[Event]:
    """Make the running system what git says, and report what the endpoint answered.

    A canary is followed to its end; `pause` waits between two looks at it. `tried` is how often
    this step was begun before.

    Raises
    ------
    dagster.RetryRequested
        If something stands in the way that is soon over, such as a Ray that is being started again.
    dagster.Failure
        If what git says is not live and healthy at the end; the check results are recorded before.
    """
    report, seen = through_steps(
        site.reconciler, site.forge, environment, folder.name, context.log.info, pause
    )
    context.log.info("%s: %s", type(report.outcome).__name__, report.outcome.message)
    wait = pause_before_retry(report.outcome, tried)
    if wait is not None:
        raise dg.RetryRequested(max_retries=TRIES, seconds_to_wait=wait)
    mirror_aliases(site.registry, site.forge, report)
    yield from _events(folder.key(deployment_of(environment)), site, report, seen)


def _events(
    key: dg.AssetKey, site: Site, report: Report, seen: Sequence[Analysis]
) -> Iterator[Event]:
    verdicts = report.verdicts or _recorded(site.forge, report)
    checks = check_results(key, verdicts, report, seen)
    shown = {**facts(report), **walked(seen), **pictures(verdicts, report)}
    if report.reverted or not isinstance(report.outcome, Settled) or report.manifest is None:
        yield from checks
        raise dg.Failure(report.outcome.message, metadata=shown, allow_retries=False)
    yield dg.MaterializeResult(
        asset_key=key,
        data_version=dg.DataVersion(report.manifest.bundle_digest),
        metadata={**shown, "endpoint": dg.MetadataValue.url(_address(site.settings, report))},
        check_results=checks,
    )


def pause_before_retry(outcome: Outcome, tried: int) -> float | None:
    """Seconds until the step is worth another try; None if it is not, or was tried enough."""
    if not isinstance(outcome, RetryAfter) or outcome.reason not in SOON_OVER:
        return None
    return outcome.seconds if tried < TRIES else None


def _recorded(forge: Forge, report: Report) -> Sequence[Verdict]:
    record = forge.read_record(report.environment, report.model)
    return record.verdicts if record and record.healthy == report.revision else ()


def _address(settings: Settings, report: Report) -> str:
    route = report.manifest.route if report.manifest else ""
    return f"{settings.serve_url}{route}/v2/models/{report.model}"

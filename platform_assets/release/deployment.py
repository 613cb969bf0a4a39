"""The model that callers of one environment reach, as git says.

The endpoint must answer the golden rows, refuse bad input and keep the latency budget; otherwise a
revert commit takes the release back, its digest is held, and the version before answers on.
MLflow's aliases follow once this version is proven.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from gitops.acts import COLD_START
from gitops.conditions import Outcome, Reason, RetryAfter, Settled, Verdict
from gitops.forge import Forge
from gitops.reconcile import Reconciler, Report
from gitops.stepping import Analysis
from platform_assets.folder import ModelFolder
from platform_assets.metadata import picture
from platform_assets.release import latency_plots
from platform_assets.release.aliases import mirror_aliases
from platform_assets.release.stages import Stage, deployment_of
from platform_assets.release.steps import Pause, staircase, table, through_steps
from resources.errors import RecordUnreadable
from resources.latency import BESIDE
from resources.latency_record import record_at
from resources.memory import MEMORY
from resources.registry import Registry
from resources.settings import Settings

CANARY = "canary"
# Told where it could be measured; nothing is taken back for want of it.
MEASURED = (COLD_START, MEMORY)
CHECKS = (
    "ready",
    "golden_rows",
    "bad_input",
    "latency_p50",
    "latency_p95",
    "latency_p99",
    "error_rate",
    BESIDE,
    CANARY,
    *MEASURED,
)
COMPARED = (BESIDE, CANARY, *MEASURED)
TRIES = 8
SOON_OVER = {
    Reason.RUNTIME_UNAVAILABLE,
    Reason.REPOSITORY_UNAVAILABLE,
    Reason.CONTENDED,
    Reason.LOCKED,
}
Event = dg.MaterializeResult | dg.AssetCheckResult


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
        tried = context.retry_number
        yield from deploy(
            context, folder, stage.environment, reconciler, forge, registry, settings, tried=tried
        )

    return deployed


def deploy(
    context: dg.AssetExecutionContext,
    folder: ModelFolder,
    environment: str,
    reconciler: Reconciler,
    forge: Forge,
    registry: Registry,
    settings: Settings,
    *,
    tried: int = 0,
    pause: Pause | None = None,
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
        reconciler, forge, environment, folder.name, context.log.info, pause or time.sleep
    )
    context.log.info("%s: %s", type(report.outcome).__name__, report.outcome.message)
    wait = pause_before_retry(report.outcome, tried)
    if wait is not None:
        raise dg.RetryRequested(max_retries=TRIES, seconds_to_wait=wait)
    mirror_aliases(registry, forge, report)
    key = folder.key(deployment_of(environment))
    verdicts = report.verdicts or _recorded(forge, report)
    checks = check_results(key, verdicts, report, seen)
    shown = {**facts(report), **walked(seen), **pictures(verdicts, report)}
    if report.reverted or not isinstance(report.outcome, Settled) or report.manifest is None:
        yield from checks
        raise dg.Failure(report.outcome.message, metadata=shown, allow_retries=False)
    yield dg.MaterializeResult(
        asset_key=key,
        data_version=dg.DataVersion(report.manifest.bundle_digest),
        metadata={**shown, "endpoint": dg.MetadataValue.url(_address(settings, report))},
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


def check_results(
    key: dg.AssetKey, verdicts: Sequence[Verdict], report: Report, seen: Sequence[Analysis]
) -> list[dg.AssetCheckResult]:
    """One result for each of `CHECKS`."""
    return [
        *(check_result(key, name, verdicts, report) for name in CHECKS if name not in COMPARED),
        beside_result(key, verdicts, report),
        canary_result(key, verdicts, report, seen),
        *(measured_result(key, name, verdicts, report) for name in MEASURED),
    ]


def check_result(
    key: dg.AssetKey, name: str, verdicts: Sequence[Verdict], report: Report
) -> dg.AssetCheckResult:
    """A check without a verdict fails: nothing is healthy because nobody looked."""
    verdict = next((one for one in verdicts if one.check == name), None)
    digest = report.manifest.bundle_digest if report.manifest else "nothing"
    metadata: dict[str, Any] = {"revision": report.reverted or report.revision, "live": digest}
    if verdict is None:
        return dg.AssetCheckResult(
            check_name=name,
            asset_key=key,
            passed=False,
            description="no verdict",
            metadata=metadata,
        )
    seen = {
        "observed": verdict.observed,
        "threshold": verdict.threshold,
        "unit": verdict.unit,
        "outcome": verdict.outcome,
    }
    unsure = verdict.outcome == "inconclusive"
    return dg.AssetCheckResult(
        check_name=name,
        asset_key=key,
        passed=verdict.passed,
        description=f"{verdict.sentence()}; {_advice(report)}" if unsure else verdict.sentence(),
        metadata=metadata | {name: value for name, value in seen.items() if value is not None},
    )


def beside_result(
    key: dg.AssetKey, verdicts: Sequence[Verdict], report: Report
) -> dg.AssetCheckResult:
    """The version was as fast as the one before, or there was none that could be asked."""
    found = check_result(key, BESIDE, verdicts, report)
    named = {one.check for one in verdicts}
    if BESIDE in named or "latency_p50" not in named:
        return found
    return dg.AssetCheckResult(
        check_name=BESIDE,
        asset_key=key,
        passed=True,
        description="no version stood beside it",
        metadata=found.metadata,
    )


def measured_result(
    key: dg.AssetKey, name: str, verdicts: Sequence[Verdict], report: Report
) -> dg.AssetCheckResult:
    """What was measured; where nothing was, a warning, such as for what had been ready before."""
    found = check_result(key, name, verdicts, report)
    if any(one.check == name for one in verdicts):
        return found
    return dg.AssetCheckResult(
        check_name=name,
        asset_key=key,
        passed=False,
        severity=dg.AssetCheckSeverity.WARN,
        description="not measured this time",
        metadata=found.metadata,
    )


def pictures(verdicts: Sequence[Verdict], report: Report) -> Mapping[str, Any]:
    """What the UI shows of the latency test, if what it saw is on this machine."""
    try:
        record = next((record_at(one.evidence) for one in verdicts if one.evidence), None)
    except RecordUnreadable as error:
        return {"latency_figures": str(error)}
    if record is None or report.manifest is None:
        return {}
    return latency_plots.shown(record, report.manifest.latency)


def _advice(report: Report) -> str:
    """What a person does about a measurement that does not tell."""
    model, environment = report.model, report.environment
    return (
        "inconclusive: nothing says that the version is slow; when the machine is quiet, "
        f"slipway hold {model} --env {environment} --lift --digest DIGEST (slipway status {model} "
        f"names it), then slipway run {model}"
    )


def canary_result(
    key: dg.AssetKey, verdicts: Sequence[Verdict], report: Report, seen: Sequence[Analysis]
) -> dg.AssetCheckResult:
    """The candidate was as good as what is stable, or nobody asked for a comparison."""
    compared = [one for one in verdicts if one.check.startswith("canary_")]
    failed = [one.sentence() for one in compared if report.reverted and not one.passed]
    last = seen[-1].sentence() if seen else "nothing was compared"
    return dg.AssetCheckResult(
        check_name=CANARY,
        asset_key=key,
        passed=not failed and report.manifest is not None,
        description="; ".join(failed) or last,
        metadata={"revision": report.reverted or report.revision, "looks": len(seen)},
    )


def walked(seen: Sequence[Analysis]) -> dict[str, Any]:
    """What the UI shows of a canary."""
    if not seen:
        return {}
    plot = staircase(seen)
    return {
        "canary": picture(plot.png, plot.title),
        "canary_steps": dg.MetadataValue.md(table(seen)),
    }


def facts(report: Report) -> dict[str, Any]:
    """What the UI shows of a pass."""
    shown: dict[str, Any] = {
        "outcome": type(report.outcome).__name__,
        "reason": str(report.outcome.reason),
        "message": report.outcome.message,
        "revision": report.revision,
        "acts": ", ".join(report.acts) or "none",
    }
    if report.manifest is not None:
        shown["bundle_digest"] = report.manifest.bundle_digest
        shown["model_version"] = report.manifest.model_version
    if report.reverted:
        shown["reverted"] = report.reverted
    if report.reverted_to:
        shown["reverted_to"] = report.reverted_to
    return shown


def _address(settings: Settings, report: Report) -> str:
    route = report.manifest.route if report.manifest else ""
    return f"{settings.serve_url}{route}/v2/models/{report.model}"

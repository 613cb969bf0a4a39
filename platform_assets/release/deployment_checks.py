"""The checks of a deployment: one for each thing that its endpoint must do, from the verdicts."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from gitops.acts import COLD_START
from gitops.conditions import Verdict
from gitops.reconcile import Report
from gitops.stepping import Analysis
from resources.latency import BESIDE
from resources.memory import MEMORY

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


def _advice(report: Report) -> str:
    """What a person does about a measurement that does not tell."""
    model, environment = report.model, report.environment
    return (
        "inconclusive: nothing says that the version is slow; when the machine is quiet, "
        f"slipway hold {model} --env {environment} --lift --digest DIGEST (slipway status {model} "
        f"names it), then slipway run {model}"
    )

"""What the UI shows of a deployment: the pass, the steps of a canary, the latency test."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from gitops.conditions import Verdict
from gitops.reconcile import Report
from gitops.stepping import Analysis
from platform_assets.metadata import picture
from platform_assets.release import latency_plots
from platform_assets.release.steps import staircase, table
from resources.errors import RecordUnreadable
from resources.latency_record import record_at


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


def walked(seen: Sequence[Analysis]) -> dict[str, Any]:
    """What the UI shows of a canary."""
    if not seen:
        return {}
    plot = staircase(seen)
    return {
        "canary": picture(plot.png, plot.title),
        "canary_steps": dg.MetadataValue.md(table(seen)),
    }


def pictures(verdicts: Sequence[Verdict], report: Report) -> Mapping[str, Any]:
    """What the UI shows of the latency test, if what it saw is on this machine."""
    try:
        record = next((record_at(one.evidence) for one in verdicts if one.evidence), None)
    except RecordUnreadable as error:
        return {"latency_figures": str(error)}
    if record is None or report.manifest is None:
        return {}
    return latency_plots.shown(record, report.manifest.latency)

"""What callers asked and got, window by window, beside what the live version was trained on.

A check for each monitor fails while an alert stands: while so many of the newest windows with
enough rows are beyond a bound of `defs.yaml`. Nothing waits for this asset, and no check blocks.
"""

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from gitops.forge import Forge
from platform_assets.folder import ModelFolder
from platform_assets.metadata import picture
from platform_assets.ml.monitoring_page import render_monitoring, verdict
from platform_assets.spec import Monitoring
from platform_assets.watch.alerts import Alert
from platform_assets.watch.judging import Judge
from platform_assets.watch.log_files import waiting_since
from platform_assets.watch.monitors import (
    distributions,
    health,
    invariants,
    labels,
    service,
)
from platform_assets.watch.observations import STALENESS, Observation, Outcome, observed
from platform_assets.watch.page import facts, sentence
from platform_assets.watch.standing import live_digests, rule_of, standing
from resources.artifacts import Artifacts
from resources.lake import Lake
from resources.registry import Registry
from resources.settings import Settings

NAME = "monitoring"
CHECKS = (
    distributions.INPUT_DRIFT,
    distributions.SCORE_DRIFT,
    invariants.INVARIANTS,
    labels.SKEW,
    health.NUMERICAL_HEALTH,
    service.LATENCY,
    service.ERRORS,
    STALENESS,
    labels.QUALITY,
)
SHOWN_DAYS = 180
CURRENT = timedelta(days=3)


def build(folder: ModelFolder) -> dg.AssetsDefinition:
    @folder.asset(
        NAME, __doc__, {"deltalake", "html"}, after="predictions", checks=CHECKS, blocking=False
    )
    def monitoring(
        lake: dg.ResourceParam[Lake],
        settings: dg.ResourceParam[Settings],
        artifacts: dg.ResourceParam[Artifacts],
        registry: dg.ResourceParam[Registry],
        forge: dg.ResourceParam[Forge],
    ) -> dg.MaterializeResult:
        now = datetime.now(UTC)
        judge = Judge(folder, lake, artifacts, registry)
        new = judge.run(now, waiting_since(settings.predictions, folder.name))
        digests = live_digests(forge, folder.name)
        seen = observed(lake, folder.name, now - timedelta(days=SHOWN_DAYS))
        live = [one for one in seen if digests.get(one.environment) == one.digest]
        found = standing(lake, folder, digests, now)
        page = facts(folder, live, found, rule_of(folder), now)
        path = write_page(settings.home, folder.name, render_monitoring(page))
        return dg.MaterializeResult(
            metadata={
                "verdict": verdict(page),
                "observations": len(new),
                "windows": len({(one.start, one.end) for one in new}),
                "alerts": listed(page.alerts),
                "labels": listed(judge.joined),
                "page": dg.MetadataValue.path(str(path)),
                **{
                    plot.name: picture(plot.png, plot.title)
                    for version in page.versions
                    for plot in version.plots
                },
            },
            check_results=[
                check_result(name, live, found, current_since(name, folder.spec.monitoring, now))
                for name in CHECKS
            ],
        )

    return monitoring


def listed(lines: Iterable[object]) -> dg.MarkdownMetadataValue:
    """A point for each; a dash alone for none."""
    return dg.MetadataValue.md("\n".join(f"- {one}" for one in lines) or "-")


def page_path(home: Path, model: str) -> Path:
    """Where the page of a model stands."""
    return home / "monitoring" / f"{model}.html"


def write_page(home: Path, model: str, text: str) -> Path:
    """Put the page in place whole; returns where."""
    path = page_path(home, model)
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f".{path.name}.{os.getpid()}")
    made.write_text(text)
    return made.replace(path)


def current_since(name: str, settings: Monitoring, now: datetime) -> datetime:
    """Windows that ended earlier prove nothing of now; those that wait for labels may be older."""
    waits = name in (labels.QUALITY, labels.SKEW)
    patience = timedelta(days=settings.label_days if waits else 0)
    return now - max(CURRENT, 2 * timedelta(minutes=settings.window_minutes)) - patience


def check_result(
    name: str, live: Sequence[Observation], found: Sequence[Alert], since: datetime
) -> dg.AssetCheckResult:
    """Whether a monitor has an alert; with the figure of the newest window that is worst.

    `judged` is 0 where no window that ended at `since` or later was judged.
    """
    raised = [one for one in found if one.monitor == name]
    judged = [one for one in live if one.monitor == name and one.outcome is not Outcome.TOO_FEW]
    newest = max((one.end for one in judged), default=None)
    current = newest is not None and newest >= since
    said = "; ".join(sentence(one) for one in raised)
    return dg.AssetCheckResult(
        check_name=name,
        passed=not raised,
        description=said or (None if current else _nothing_since(newest)),
        metadata={
            "judged": len(judged) if current else 0,
            "alerts": len(raised),
            **_worst(judged),
        },
    )


def _nothing_since(newest: datetime | None) -> str:
    if newest is None:
        return "no window with enough rows was judged yet"
    return f"the newest window that was judged ended at {newest:%Y-%m-%d %H:%M} UTC"


def _worst(judged: Sequence[Observation]) -> dict[str, Any]:
    """The figure of the newest window that comes nearest to its bound, or passes it most."""
    last = max((one.start for one in judged), default=None)
    known = [one for one in judged if one.start == last and one.value is not None]
    if not known:
        return {}
    worst = max(known, key=lambda one: (one.outcome is Outcome.BEYOND, one.value or 0.0))
    told = {"observed": worst.value, "threshold": worst.threshold, "subject": worst.subject}
    return {
        **{key: value for key, value in told.items() if value not in (None, "")},
        "window": f"{worst.start.isoformat()} to {worst.end.isoformat()}",
        "bundle_digest": worst.digest,
    }

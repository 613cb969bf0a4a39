"""What is observed of a model as one page, as pictures, and as sentences."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from platform_assets.folder import ModelFolder
from platform_assets.ml.canvas import Plot
from platform_assets.ml.monitoring_page import Figure, MonitoringFacts, Version
from platform_assets.ml.timeline import Point, Timeline, timeline
from platform_assets.watch.alerts import Alert, Rule
from platform_assets.watch.monitors.distributions import INPUT_DRIFT, SCORE_DRIFT
from platform_assets.watch.monitors.labels import QUALITY, QUALITY_PROXY
from platform_assets.watch.monitors.service import LATENCY, P95
from platform_assets.watch.observations import Observation, Outcome

_MINUTES = "%Y-%m-%d %H:%M"


def facts(
    folder: ModelFolder,
    live: Sequence[Observation],
    standing: Sequence[Alert],
    rule: Rule,
    now: datetime,
) -> MonitoringFacts:
    """All that the page says of what was observed of the `live` versions."""
    return MonitoringFacts(
        model=folder.name,
        description=folder.spec.description,
        owners=folder.spec.owners,
        made=f"{now:{_MINUTES}} UTC",
        rule=rule_sentence(rule),
        alerts=[sentence(one) for one in standing],
        versions=list(_versions(live, standing)),
    )


def sentence(alert: Alert) -> str:
    """Who, what, how far, since when."""
    seen = alert.evidence
    of = f" of {alert.subject}" if alert.subject else ""
    value = "nothing" if seen.value is None else f"{seen.value:.4g}"
    bound = "none" if seen.threshold is None else f"{seen.threshold:.4g}"
    return (
        f"{alert.environment}, version {seen.version}: {alert.monitor.replace('_', ' ')}{of} is "
        f"{value}, bound {bound}, since {alert.since:{_MINUTES}}, last in the window to "
        f"{alert.last:{_MINUTES}} ({seen.rows:,} rows)"
    )


def rule_sentence(rule: Rule) -> str:
    return (
        f"An alert stands while {rule.n} of the last {rule.m} windows of at least "
        f"{rule.minimum_rows:,} rows are beyond their bound."
    )


def pictures(seen: Sequence[Observation], name: str = "") -> list[Plot]:
    """How one version went: drift, scores, latency, quality; those of which anything is known."""
    drawn = [
        _picture(
            seen, INPUT_DRIFT, "Input drift", "Each line is a feature, coloured where it moved most"
        ),
        _picture(seen, SCORE_DRIFT, "Score drift", "The scores beside those at training"),
        _picture(
            [one for one in seen if one.subject == P95], LATENCY, "Latency, p95 in ms",
            "As the replica measures it",
        ),
        _picture(seen, QUALITY, "Quality", "Measured on rows whose label has come, 95 % interval"),
        _picture(
            seen, QUALITY_PROXY, "A proxy of quality, not measured",
            "What the metric would be if every probability were true",
        ),
    ]  # fmt: skip
    return [Plot(f"{name}{one.name}", one.title, one.caption, one.png) for one in drawn if one]


def _picture(seen: Sequence[Observation], monitor: str, title: str, caption: str) -> Plot | None:
    known = [
        one
        for one in sorted(seen, key=lambda one: (one.subject, one.start))
        if one.monitor == monitor and one.value is not None and one.outcome is not Outcome.TOO_FEW
    ]
    if not known:
        return None
    lines = {
        subject or monitor: [Point(one.end, one.value or 0.0, one.low, one.high) for one in found]
        for subject, found in groupby(known, key=lambda one: one.subject)
    }
    threshold = known[-1].threshold
    bound = "; the dotted line is the bound." if threshold is not None else "."
    unit = "ms" if monitor == LATENCY else known[-1].subject if "quality" in monitor else "PSI"
    return timeline(Timeline(monitor, title, caption + bound, unit, lines, threshold))


def _versions(live: Sequence[Observation], standing: Sequence[Alert]) -> Iterator[Version]:
    def place(one: Observation) -> tuple[str, str]:
        return one.environment, one.digest

    asked = {(one.environment, one.digest, one.monitor, one.subject) for one in standing}
    for (environment, digest), group in groupby(sorted(live, key=place), key=place):
        seen = sorted(group, key=lambda one: one.start)
        newest = {(one.monitor, one.subject): one for one in seen}
        last = seen[-1]
        yield Version(
            environment=environment,
            version=last.version,
            digest=digest,
            window=f"{last.start:{_MINUTES}} to {last.end:{_MINUTES}} UTC",
            figures=[
                _figure(one, (environment, digest, one.monitor, one.subject) in asked)
                for one in sorted(newest.values(), key=_weight)
            ],
            plots=pictures(seen, f"{environment}_"),
        )


def _weight(one: Observation) -> tuple[bool, str, str]:
    return one.outcome is not Outcome.BEYOND, one.monitor, one.subject


def _figure(one: Observation, alert: bool) -> Figure:
    return Figure(
        one.monitor, one.subject, one.value, one.low, one.high, one.threshold, one.rows,
        one.outcome.value, alert,
    )  # fmt: skip

"""The page of what is live: alerts, what each version was measured by, and how it went."""

from collections.abc import Sequence
from dataclasses import dataclass

from platform_assets.ml.canvas import Plot
from platform_assets.ml.report import environment

_TEMPLATE = "monitoring.html.j2"


@dataclass(frozen=True)
class Figure:
    """One question at its newest window; `low` and `high` are an interval where there is one."""

    monitor: str
    subject: str
    value: float | None
    low: float | None
    high: float | None
    threshold: float | None
    rows: int
    outcome: str
    alert: bool


@dataclass(frozen=True)
class Version:
    """A version in an environment, with its figures, the newest window, and pictures over time."""

    environment: str
    version: str
    digest: str
    window: str
    figures: Sequence[Figure]
    plots: Sequence[Plot]


@dataclass(frozen=True)
class MonitoringFacts:
    """All that the page says. `alerts` are sentences; `rule` says when one is raised."""

    model: str
    description: str
    owners: Sequence[str]
    made: str
    rule: str
    alerts: Sequence[str]
    versions: Sequence[Version]


def render_monitoring(facts: MonitoringFacts) -> str:
    """The page as HTML, whole in itself; equal facts give an equal page."""
    return environment().get_template(_TEMPLATE).render(facts=facts, verdict=verdict(facts))


def verdict(facts: MonitoringFacts) -> str:
    """The sentence on top."""
    if not facts.versions:
        return "Nothing was judged yet: no window is over in which anybody asked."
    if not facts.alerts:
        return "No alert stands."
    return "1 alert stands." if len(facts.alerts) == 1 else f"{len(facts.alerts)} alerts stand."

"""The alerts that stand for what is live now, and what they ask of a training."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from gitops.forge import Forge
from platform_assets.folder import ModelFolder
from platform_assets.spec import Retraining
from platform_assets.watch.alerts import Alert, Rule, alerts
from platform_assets.watch.governor import Cause, Trigger
from platform_assets.watch.observations import observed
from resources.lake import Lake

LOOK_BACK = timedelta(days=30)
QUALITY = frozenset({"quality"})
DRIFT = frozenset({"input_drift", "score_drift"})
WRONG_ROWS = frozenset({"invariants", "skew", "numerical_health"})


def standing(
    lake: Lake, folder: ModelFolder, live: Mapping[str, str | None], now: datetime
) -> list[Alert]:
    """The alerts for the digest that each environment serves.

    Windows of the last 30 days are looked at, or as many as the rule needs where they are longer,
    and those before that waited for labels until then.
    """
    found = alerts(observed(lake, folder.name, now - look_back(folder)), rule_of(folder))
    return [one for one in found if live.get(one.environment) == one.digest]


def live_digests(forge: Forge, model: str) -> dict[str, str | None]:
    """The digest that each environment serves and that was proven healthy there."""
    return {one.environment: one.digest for one in forge.records() if one.model == model}


def look_back(folder: ModelFolder) -> timedelta:
    """How long ago the oldest window began that can still belong to an alert."""
    settings = folder.spec.monitoring
    # The newest window may still be open.
    needed = timedelta(minutes=settings.window_minutes) * (settings.windows + 1)
    return max(LOOK_BACK, needed) + timedelta(days=settings.label_days)


def rule_of(folder: ModelFolder) -> Rule:
    """When windows become an alert, as `defs.yaml` says."""
    settings = folder.spec.monitoring
    return Rule(settings.beyond, settings.windows, settings.minimum_rows)


def causes(found: Iterable[Alert], rule: Retraining, now: datetime) -> Iterator[Cause]:
    """What the alerts ask for.

    Drift was seen last when its newest window beyond ended. Labels come later than trainings may
    begin, so lost quality asks as long as it stands.
    """
    for one in found:
        if rule.lost_quality and one.monitor in QUALITY:
            yield Cause(Trigger.LOST_QUALITY, sentence(one), now)
        if rule.drift and one.monitor in DRIFT:
            yield Cause(Trigger.DRIFT, sentence(one), one.last)


def wrong_rows(found: Iterable[Alert]) -> list[str]:
    """The alerts after which nothing should be learned from new rows."""
    return [sentence(one) for one in found if one.monitor in WRONG_ROWS]


def sentence(alert: Alert) -> str:
    """Monitor, subject, since when, what was found and what is allowed."""
    seen = alert.evidence
    what = f"{alert.monitor} of {alert.subject}" if alert.subject else alert.monitor
    found = "" if seen.value is None else f": {seen.value:.3g}"
    allowed = "" if seen.threshold is None else f" (threshold {seen.threshold:.3g})"
    return f"{what} in {alert.environment} since {alert.since:%Y-%m-%d %H:%M} UTC{found}{allowed}"

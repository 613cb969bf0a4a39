"""Figures over time on a card: latency, errors, quality and drift."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from platform_assets.board.gather import Declared, Logged
from platform_assets.board.links import Links, web
from platform_assets.board.series import Traffic
from platform_assets.board.spark import Spark, spark
from platform_assets.board.words import figure, span
from platform_assets.watch.observations import Observation, Outcome

Tone: TypeAlias = Literal["good", "warn", "bad", "quiet", "plain"]
LIVE_QUALITY = ("quality", "quality_proxy")
DRIFT = ("input_drift", "score_drift")
SHOWN = 24


@dataclass(frozen=True)
class Line:
    """A figure with its past; `alt` says the picture in words."""

    name: str
    value: str
    href: str
    detail: str = ""
    spark: Spark | None = None
    alt: str = ""
    tone: Tone = "plain"


def lines_of(declared: Declared, logged: Logged | None, links: Links) -> tuple[Line, ...]:
    """Those for which there is anything to show."""
    environment, model = declared.place.environment, declared.place.model
    live = declared.place.live.digest if declared.place.live else None
    found: list[Line | None] = [_quality(declared, links)]
    if logged is not None:
        asked = logged.traffic.get(environment)
        found += _asked(asked, links.asset(model, "predictions")) if asked else []
        seen = [one for one in logged.observed if one.environment == environment]
        href = links.asset(model, "monitoring")
        found += [_live_quality(live, seen, href), _drift(live, seen, href)]
    return tuple(one for one in found if one is not None)


def _asked(asked: Traffic, href: str) -> list[Line]:
    """How long answers took, and how many requests there were."""
    newest = asked.newest
    if newest is None or newest.p99_ms is None:
        return []
    per, took = f"per {span(asked.length)}", [one.p99_ms for one in asked.windows]
    counts = [float(one.requests) for one in asked.windows]
    p99 = figure(newest.p99_ms, "ms")
    return [
        Line("latency p99", p99, href, per, spark(took), _alt("p99", took, "ms")),
        Line(
            "requests",
            f"{asked.requests:,}",
            href,
            f"{asked.errors or 'none'} failed, {per}",
            spark(counts),
            _alt("requests", counts),
            "bad" if asked.errors else "plain",
        ),
    ]


def _quality(declared: Declared, links: Links) -> Line | None:
    """The first figure of each release's evidence, if what is live has one that can be read."""
    figures = [one.figures[0] for one in declared.released if one.figures]
    evidence = declared.released[-1] if figures else None
    live = declared.live.digest if declared.live else ""
    if evidence is None or not evidence.figures or evidence.bundle_digest != live:
        return None
    newest = figures[-1]
    values = [one.value for one in figures if one.metric == newest.metric]
    interval = (
        f"{figure(newest.low)} to {figure(newest.high)}, "
        if newest.low is not None and newest.high is not None
        else ""
    )
    href = web(evidence.report) or links.evaluation(evidence.model, evidence.evaluation_run)
    detail = f"{interval}holdout, per release"
    name = newest.metric.replace("_", " ")
    return Line(name, figure(newest.value), href, detail, spark(values), _alt(name, values))


def _live_quality(live: str | None, seen: Sequence[Observation], href: str) -> Line | None:
    """Quality by labels that arrived, or by a proxy, which is called one.

    Labels come late: what they tell of another version than the live one names it.
    """
    for monitor in LIVE_QUALITY:
        found = [one for one in seen if one.monitor == monitor]
        if not found:
            continue
        newest = found[-1]
        values = [one.value for one in found if one.subject == newest.subject][-SHOWN:]
        name = f"live {newest.subject or 'quality'}".replace("_", " ")
        proxy = "a proxy, " if monitor == "quality_proxy" else ""
        other = f"version {newest.version}, " if newest.digest != live else ""
        return Line(
            name,
            "too few" if newest.value is None else figure(newest.value),
            href,
            f"{proxy}{other}{newest.rows:,} rows, per {span(newest.end - newest.start)}",
            spark(values, newest.threshold),
            _alt(name, values),
            "bad" if newest.outcome is Outcome.BEYOND else "plain",
        )
    return None


def _drift(live: str | None, seen: Sequence[Observation], href: str) -> Line | None:
    """The worst column of each window as a share of its threshold, for the version that is live."""
    by_start = defaultdict(list)
    for one in seen:
        if one.monitor in DRIFT and live and one.digest == live:
            by_start[one.start].append(one)
    if not by_start:
        return None
    windows = [by_start[start] for start in sorted(by_start)[-SHOWN:]]
    newest = windows[-1]
    beyond = sorted(one.subject or "score" for one in newest if one.outcome is Outcome.BEYOND)
    values = [_worst(one) for one in windows]
    return Line(
        "drift",
        f"{len(beyond)} of {len(newest)} beyond",
        href,
        ", ".join(beyond) or f"{max(one.rows for one in newest):,} rows in the newest window",
        spark(values, 1.0),
        _alt("worst drift by its threshold", values),
        "bad" if beyond else "plain",
    )


def _worst(window: Sequence[Observation]) -> float | None:
    shares = [
        one.value / one.threshold for one in window if one.value is not None and one.threshold
    ]
    return max(shares, default=None)


def _alt(name: str, values: Sequence[float | None], unit: str = "") -> str:
    given = [value for value in values if value is not None]
    if not given:
        return ""
    low, high = figure(min(given), unit), figure(max(given), unit)
    return f"{name}: {len(given)} values from {low} to {high}, the newest {figure(given[-1], unit)}"

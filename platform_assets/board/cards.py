"""One model in one environment, as its card on the board says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gitops.promotion import TEST_SCORE
from platform_assets.board import lines
from platform_assets.board.gather import Declared, Logged, Ran
from platform_assets.board.lines import Line, Tone
from platform_assets.board.links import Links
from platform_assets.board.steps import Step
from platform_assets.board.words import ago, minute, parsed
from platform_assets.cli.overview import Place
from platform_assets.watch.rubric.breck import SECTIONS

FAILED = ("FAILED", "EXECUTION_FAILED")
_HEALTH: Mapping[str, Tone] = {
    "healthy": "good",
    "unverified": "warn",
    "outdated": "warn",
    "unknown": "quiet",
    "absent": "quiet",
    "blocked": "bad",
    "down": "bad",
    "invalid": "bad",
}


@dataclass(frozen=True)
class Fact:
    """A name and a value with a link to its evidence; `detail` is small print below."""

    name: str
    value: str
    href: str = ""
    detail: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True)
class Card:
    """What is live in an environment, since when and why; what comes next; how it is doing."""

    environment: str
    health: str
    tone: Tone
    facts: tuple[Fact, ...]
    step: Step
    lines: tuple[Line, ...]
    holds: tuple[Fact, ...]


def card(declared: Declared, logged: Logged | None, links: Links, now: datetime) -> Card:
    """The card of one model in one environment."""
    place = declared.place
    return Card(
        place.environment,
        place.health,
        _HEALTH.get(place.health, "quiet"),
        tuple(_facts(declared, links, now)),
        declared.step,
        lines.lines_of(declared, logged, links),
        tuple(
            Fact(
                _short(one.digest),
                one.reason,
                links.holds(place.environment, place.model),
                f"since {_when(one.since, now)} by {one.by}",
                "warn",
            )
            for one in place.holds
        ),
    )


def model_facts(model: str, ran: Ran, links: Links, now: datetime) -> tuple[Fact, ...]:
    """What is said of a model as a whole: its test score, its checks, a run under way."""
    found = [_score(model, ran, links, now), _checks(model, ran, links)]
    run = ran.running(model)
    if run is not None:
        doing = "; ".join(step.name for step in run.steps if step.status == "IN_PROGRESS")
        found.append(Fact("run", run.job, links.run(run.run_id), doing or run.status.lower()))
    return tuple(one for one in found if one is not None)


def _score(model: str, ran: Ran, links: Links, now: datetime) -> Fact:
    state = ran.asset(model, TEST_SCORE)
    href = links.asset(model, TEST_SCORE)
    if state is None or state.at is None or "score" not in state.said:
        return Fact("test score", "not computed", href if state else "")
    parts = [f"{name} {state.said[name]:g}" for name in SECTIONS if name in state.said]
    at = datetime.fromtimestamp(state.at, now.tzinfo)
    value = f"{float(state.said['score']):g} of 7"
    return Fact("test score", value, href, f"{', '.join(parts)}; {ago(at, now)}")


def _checks(model: str, ran: Ran, links: Links) -> Fact | None:
    found = [
        (name, check, status)
        for (owner, name), state in ran.assets.items()
        if owner == model
        for check, status in state.checks.items()
    ]
    if not found:
        return None
    failed = [(name, check) for name, check, status in found if status in FAILED]
    passed = sum(status == "SUCCEEDED" for *_, status in found)
    where = links.asset(model, failed[0][0] if failed else "evaluation_report", "checks")
    said = ", ".join(f"{name}: {check}" for name, check in failed)
    return Fact(
        "checks", f"{passed} of {len(found)} passed", where, said, "bad" if failed else "plain"
    )


def _facts(declared: Declared, links: Links, now: datetime) -> list[Fact]:
    place, live = declared.place, declared.live
    shown = place.live
    found = []
    if shown is not None and shown.digest:
        found.append(_version(shown.digest, shown.version or "", place, links))
    if live is not None and live.digest and place.record is not None:
        asset = links.asset(place.model, f"{place.environment}_deployment")
        found += [
            Fact("since", _when(place.record.since, now), asset),
            Fact(
                "because",
                live.why,
                links.change(place.environment, place.model, live.revision),
                f"{live.kind} by {live.by}",
            ),
        ]
    if place.promotion is not None:
        number = place.promotion.number
        found.append(
            Fact("promotion", place.promotion.title, links.promotion(number), f"number {number}")
        )
    return found


def _version(digest: str, version: str, place: Place, links: Links) -> Fact:
    wanted, short = place.manifest, _short(digest)
    other = wanted if wanted and wanted.bundle_digest != digest else None
    detail = f"{short}; git says {other.model_version}" if other else short
    href = links.version(place.model, version) if version else ""
    return Fact("live version", version or short, href, detail, "warn" if other else "plain")


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12]


def _when(text: str, now: datetime) -> str:
    time = parsed(text)
    return f"{minute(time)}, {ago(time, now)}" if time else text

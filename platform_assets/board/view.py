"""What the page shows, decided from what the sources said; nothing is asked here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from platform_assets.board import cards
from platform_assets.board.cards import Card, Fact
from platform_assets.board.gather import Declared, Key, Logged, Ran
from platform_assets.board.lines import Tone
from platform_assets.board.links import Links
from platform_assets.board.readings import Reading
from platform_assets.board.steps import Step
from platform_assets.board.words import ago, minute

Readings: TypeAlias = Mapping[str, Reading]
SOURCES = ("git", "Dagster", "MLflow", "lake")
Standing: TypeAlias = Literal["answers", "down", "asked"]
_TONES: Mapping[Standing, Tone] = {"answers": "good", "down": "bad", "asked": "quiet"}


@dataclass(frozen=True)
class SourceState:
    """One source: does it answer, and if not, why and how old is what is shown of it?"""

    name: str
    standing: Standing
    trouble: str
    seen: str

    @property
    def tone(self) -> Tone:
        return _TONES[self.standing]


@dataclass(frozen=True)
class Waiting:
    """A step that a person has to take."""

    environment: str
    model: str
    step: Step


@dataclass(frozen=True)
class ModelSection:
    """One model: its facts, and a card for each environment."""

    name: str
    facts: tuple[Fact, ...]
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Board:
    """The whole page, as of `at`."""

    at: datetime
    headline: str
    tone: Tone
    sources: tuple[SourceState, ...]
    waiting: tuple[Waiting, ...]
    models: tuple[ModelSection, ...]

    @property
    def shown_at(self) -> str:
        return minute(self.at)


def board(readings: Readings, links: Links, now: datetime) -> Board:
    """Everything that is known; what a source cannot say is left out, and the source says so."""
    declared: dict[Key, Declared] = readings["git"].value or {}
    ran: Ran | None = readings["Dagster"].value
    logged: dict[str, Logged] = readings["lake"].value or {}
    links = Links(links.dagster, links.mlflow, readings["MLflow"].value or {})
    waiting = tuple(
        Waiting(one.place.environment, one.place.model, one.step)
        for one in declared.values()
        if one.step.for_a_person
    )
    sources = tuple(_source(name, readings[name], now) for name in SOURCES)
    headline, tone = _headline(sources, list(declared.values()), waiting)
    models = list(dict.fromkeys(model for model, _ in declared))
    return Board(
        now,
        headline,
        tone,
        sources,
        waiting,
        tuple(_model(name, declared, ran, logged.get(name), links, now) for name in models),
    )


def _model(
    name: str,
    declared: Mapping[Key, Declared],
    ran: Ran | None,
    logged: Logged | None,
    links: Links,
    now: datetime,
) -> ModelSection:
    return ModelSection(
        name,
        cards.model_facts(name, ran, links, now) if ran else (),
        tuple(
            cards.card(one, logged, links, now)
            for (model, _), one in declared.items()
            if model == name
        ),
    )


def _source(name: str, reading: Reading, now: datetime) -> SourceState:
    seen = ago(reading.at, now) if reading.at else "never"
    standing: Standing = "answers"
    if reading.trouble:
        standing = "down"
    elif reading.at is None:
        standing = "asked"
    return SourceState(name, standing, reading.trouble, seen)


def _headline(
    sources: Sequence[SourceState], declared: Sequence[Declared], waiting: Sequence[Waiting]
) -> tuple[str, Tone]:
    git = next(one for one in sources if one.name == "git")
    if git.seen == "never":
        return "Git has not said yet what is to be live.", git.tone
    if waiting:
        steps = "One step waits" if len(waiting) == 1 else f"{len(waiting)} steps wait"
        return f"{steps} for a person.", "warn"
    live = [one for one in declared if one.place.health != "absent"]
    well = [one for one in live if one.place.health == "healthy"]
    if not live:
        return "Nothing is live yet.", "quiet"
    if len(well) < len(live):
        return f"{len(well)} of {len(live)} places are healthy.", "warn"
    down = [one.name for one in sources if one.standing == "down"]
    if down:
        return f"All that is live is healthy; {' and '.join(down)} cannot be asked.", "warn"
    return "All that is live is healthy, and nothing waits.", "good"

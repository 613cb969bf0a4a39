"""Where the loop stands and what a person would do now: decided from what can be seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from gitops.forge import Promotion
from platform_assets.cli.dagster_api import Run
from platform_assets.cli.overview import Place


@dataclass(frozen=True)
class Scene:
    """One look: the model's runs (newest first), its environments, its promotions (by number)."""

    runs: Sequence[Run]
    staging: Place
    production: Place
    promotions: Sequence[Promotion]

    @property
    def wanted(self) -> str:
        """The digest that is on its way to production: the one that staging names."""
        return self.staging.manifest.bundle_digest if self.staging.manifest else ""


@dataclass(frozen=True)
class Watch:
    """A run is at work, or will be started again."""

    run: Run


@dataclass(frozen=True)
class Approve:
    """A promotion of the wanted digest waits, and its gates have passed."""

    promotion: Promotion


@dataclass(frozen=True)
class Done:
    """Production is healthy at the wanted digest."""


@dataclass(frozen=True)
class Failed:
    """The last run failed and nothing goes on by itself."""

    run: Run


@dataclass(frozen=True)
class Refused:
    """A person or the reconciler decided against the wanted digest."""

    reason: str


@dataclass(frozen=True)
class Idle:
    """Nothing is at work; something should begin soon."""

    awaited: str


Step: TypeAlias = Watch | Approve | Done | Failed | Refused | Idle


def next_step(scene: Scene) -> Step:
    """The first rule that has something to say decides."""
    waiting = [one for one in scene.promotions if one.state == "open" and _is_wanted(scene, one)]
    if waiting and not waiting[-1].not_passed():
        return Approve(waiting[-1])
    unfinished = [run for run in scene.runs if run.unfinished or awaits_retry(run, scene.runs)]
    if unfinished:
        return Watch(unfinished[-1])
    if _is_live(scene):
        return Done()
    refused = _refusal(scene)
    if refused:
        return Refused(refused)
    if scene.runs and scene.runs[0].status in ("FAILURE", "CANCELED"):
        return Failed(scene.runs[0])
    return Idle(_awaited(scene))


def awaits_retry(run: Run, runs: Sequence[Run]) -> bool:
    """Did its process die, without the repetition having begun?"""
    begun = any(one.tags.get("dagster/parent_run_id") == run.run_id for one in runs)
    return run.will_be_retried and not begun


def _is_wanted(scene: Scene, promotion: Promotion) -> bool:
    return bool(scene.wanted) and promotion.bundle_digest == scene.wanted


def _is_live(scene: Scene) -> bool:
    manifest = scene.production.manifest
    named = manifest is not None and manifest.bundle_digest == scene.wanted
    return bool(scene.wanted) and named and scene.production.health == "healthy"


def _refusal(scene: Scene) -> str:
    for place in (scene.staging, scene.production):
        for hold in place.holds:
            if hold.digest == scene.wanted:
                return f"{place.environment} holds {hold.digest[7:19]}: {hold.reason}"
        if place.health == "blocked" and place.record and place.record.outcome:
            return f"{place.environment}: {place.record.outcome.message}"
    closed = [one for one in scene.promotions if one.state == "closed" and _is_wanted(scene, one)]
    return f"promotion {closed[-1].number} was rejected: {closed[-1].reason}" if closed else ""


def _awaited(scene: Scene) -> str:
    if not scene.wanted:
        return "the landing sensor starts a run"
    if scene.production.manifest and scene.production.manifest.bundle_digest == scene.wanted:
        return "the merge is seen and production is deployed"
    return "a promotion to production is opened"

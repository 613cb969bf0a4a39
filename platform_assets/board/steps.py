"""What comes next for a model in an environment, and who has to do it."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from gitops.conditions import Blocked, RetryAfter
from gitops.forge import Promotion
from platform_assets.cli.overview import Place

Whom: TypeAlias = Literal["a person", "the gates", "the reconciler", "the pipeline", "nobody"]


@dataclass(frozen=True)
class Step:
    """The next step; `command` shows more or does it, empty if there is nothing to do."""

    what: str
    whom: Whom
    command: str = ""

    @property
    def for_a_person(self) -> bool:
        return self.whom == "a person"


def next_step(place: Place, approvers: tuple[str, ...] = ()) -> Step:
    """The most urgent one, as git, the record and the endpoint tell it."""
    name = f"{place.model} --env {place.environment}"
    why = f"slipway why {name}"
    if place.invalid:
        return Step(place.invalid, "a person", "slipway status")
    if place.suspension:
        return Step(f"suspended: {place.suspension.reason}", "a person", f"slipway resume {name}")
    if place.promotion:
        return _promotion(place.promotion, approvers)
    outcome = place.record.outcome if place.record else None
    if isinstance(outcome, Blocked | RetryAfter):
        blocked = isinstance(outcome, Blocked)
        return Step(outcome.message, "a person" if blocked else "the reconciler", why)
    return _by_health(place)


def _by_health(place: Place) -> Step:
    if place.health == "absent":
        return Step("a first release", "the pipeline", f"slipway run {place.model}")
    if place.health == "unknown":
        return Step("Serve to answer again", "a person", "slipway doctor")
    if place.health != "healthy":
        return Step("what runs to become what git says", "the reconciler", "slipway reconcile")
    return Step("nothing", "nobody")


def _promotion(promotion: Promotion, approvers: tuple[str, ...]) -> Step:
    command = f"slipway promotions show {promotion.number}"
    missing = sorted(promotion.not_passed())
    if missing:
        what = f"promotion {promotion.number} to pass {', '.join(missing)}"
        return Step(what, "the gates", command)
    who = f" by {' or '.join(approvers)}" if approvers else ""
    return Step(f"promotion {promotion.number} to be approved{who}", "a person", command)

"""Whether a model is trained again now. Pure: facts in, one decision with its reason out.

What asks is told apart from what allows. However much asks at once, one training answers all of
it: what was seen before a training began asks no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from platform_assets.spec.retraining import Retraining

DAY = timedelta(days=1)


class Trigger(StrEnum):
    """What can ask for a training; the first of them names the run."""

    ON_DEMAND = "on demand"
    LOST_QUALITY = "lost quality"
    DRIFT = "drift"
    SCHEDULE = "schedule"
    NEW_DATA = "new data"


@dataclass(frozen=True)
class Cause:
    """One thing that asks; `seen` is when it was seen last, with a zone. `by` is a person."""

    trigger: Trigger
    why: str
    seen: datetime
    by: str = ""


@dataclass(frozen=True)
class Trained:
    """A training that was started, whatever became of it; `seconds` is what it took until now."""

    started: datetime
    seconds: float


@dataclass(frozen=True)
class Facts:
    """All that is decided from.

    `trained` holds at least the trainings of the last day and of the cool-down, `new_rows` counts
    clean rows that no training set held, `unfinished` runs of the model. `broken` are alerts that
    say that rows are wrong, not other.
    """

    now: datetime
    causes: Sequence[Cause]
    trained: Sequence[Trained]
    new_rows: int
    unfinished: int
    broken: Sequence[str] = ()


@dataclass(frozen=True)
class Start:
    """Train now."""

    trigger: Trigger
    reason: str
    by: str = ""


@dataclass(frozen=True)
class Wait:
    """Start nothing; `until` is when time alone may change that, None if it cannot."""

    reason: str
    until: datetime | None = None


def decide(facts: Facts, rule: Retraining) -> Start | Wait:
    """Start one training for all that asks, unless something speaks against it.

    A person who asks waits for a run under way alone; everything else also for new rows, rows that
    are not wrong, the cool-down and the budget of a day.
    """
    causes = asking(facts.causes, facts.trained)
    if not causes:
        return Wait("nothing asks for a training")
    first, told = causes[0], "; ".join(f"{one.trigger}: {one.why}" for one in causes)
    if facts.unfinished:
        return Wait(f"{told}; {facts.unfinished} runs of this model are under way")
    if first.trigger is not Trigger.ON_DEMAND:
        against = _rows_speak_against(facts, rule) or _time_speaks_against(facts, rule)
        if against:
            return Wait(f"{told}; {against.reason}", against.until)
    return Start(first.trigger, told, first.by)


def asking(causes: Sequence[Cause], trained: Sequence[Trained]) -> list[Cause]:
    """The causes that no training has begun after, in the order of `Trigger`."""
    last = max((one.started for one in trained), default=None)
    order = list(Trigger)
    open_ones = [one for one in causes if last is None or one.seen > last]
    return sorted(open_ones, key=lambda one: order.index(one.trigger))


def _rows_speak_against(facts: Facts, rule: Retraining) -> Wait | None:
    if facts.broken:
        return Wait(
            f"{'; '.join(facts.broken)}: a training would learn from rows that are wrong; mend "
            "what brings them, or ask for it yourself"
        )
    if facts.new_rows < rule.minimum_new_rows:
        return Wait(
            f"{facts.new_rows:,} clean rows came since the last training set, and "
            f"retraining.minimum_new_rows is {rule.minimum_new_rows:,}"
        )
    return None


def _time_speaks_against(facts: Facts, rule: Retraining) -> Wait | None:
    cool_down = timedelta(hours=rule.cool_down_hours)
    last = max((one.started for one in facts.trained), default=None)
    if last is not None and facts.now < last + cool_down:
        return _until(last + cool_down, f"retraining.cool_down_hours is {rule.cool_down_hours:g}")
    day = sorted(
        (one for one in facts.trained if one.started > facts.now - DAY),
        key=lambda one: one.started,
        reverse=True,
    )
    if len(day) >= rule.runs_per_day:
        free = day[rule.runs_per_day - 1].started + DAY
        return _until(free, f"retraining.runs_per_day is {rule.runs_per_day}")
    spent = 0.0
    for one in day:
        spent += one.seconds
        if spent >= rule.seconds_per_day:
            text = f"retraining.seconds_per_day is {rule.seconds_per_day:g}"
            return _until(one.started + DAY, text)
    return None


def _until(when: datetime, limit: str) -> Wait:
    return Wait(f"{limit}, so not before {when:%Y-%m-%d %H:%M} UTC", when)

"""Who is trained again when: what a policy sees on an evening, and what is live the next day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.continuous.year import FOLDER, JUDGE, LABEL_DAYS, Array, Model, Year, moment, score
from benchmarks.continuous.year import truth as labels
from platform_assets.ml.drift import Drift, drifts, score_drift
from platform_assets.ml.intervals import FEW, bootstrap, telling_rows
from platform_assets.spec import Retraining
from platform_assets.watch.alerts import Alert, alerts
from platform_assets.watch.governor import Cause, Facts, Start, Trained, Trigger, decide
from platform_assets.watch.observations import Observation, Outcome
from platform_assets.watch.retraining import scheduled
from platform_assets.watch.standing import causes, rule_of

MONITORING = FOLDER.spec.monitoring
RULE = FOLDER.spec.retraining
MINUTE = 60.0


@dataclass
class Run:
    """The half year of one policy: what was live and what it scored, by day."""

    name: str
    live: Model
    scores: dict[int, Array] = field(default_factory=dict)
    by_day: dict[int, Model] = field(default_factory=dict)
    first: int = field(init=False)
    trained: list[int] = field(default_factory=list)
    replaced: list[tuple[int, str]] = field(default_factory=list)
    observed: list[Observation] = field(default_factory=list)
    noticed: list[tuple[int, Alert]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.first = self.live.day

    def serve(self, year: Year, day: int) -> None:
        """Score the payments of a day by what is live."""
        self.scores[day] = score(self.live.pipeline, year.rows(day, day + 1))
        self.by_day[day] = self.live

    def train(self, year: Year, day: int, why: str) -> None:
        """Train on the evening of a day; what passes its gate is live the next day."""
        self.trained.append(day)
        candidate = year.model(day)
        if year.passes(candidate, self.live):
            self.live = candidate
            self.replaced.append((day + 1, why))


def never(_year: Year, _run: Run, _day: int) -> None:
    """Train no more."""


def daily(year: Year, run: Run, day: int) -> None:
    """Train every evening, whether anything asks for it or not."""
    run.train(year, day, "every day")


def governed(year: Year, run: Run, day: int) -> None:
    """Observe the day, and let the governor decide."""
    run.observed += [*drift(year, run, day), *late_quality(year, run, day)]
    found = alerts(run.observed, rule_of(FOLDER))
    standing = [one for one in found if one.digest == run.live.name]
    known = [_asked(one) for _, one in run.noticed]
    run.noticed += [(day, one) for one in standing if _asked(one) not in known]
    decision = decide(facts(year, run, day, standing), rule(year))
    if isinstance(decision, Start):
        run.train(year, day, str(decision.trigger))


def rule(year: Year) -> Retraining:
    """What `defs.yaml` says, of as many customers as are looked at."""
    return RULE.model_copy(update={"minimum_new_rows": RULE.minimum_new_rows // year.customers})


def facts(year: Year, run: Run, day: int, standing: Sequence[Alert]) -> Facts:
    now = moment(day + 1)
    last = run.trained[-1] if run.trained else run.live.day
    due = scheduled(RULE.schedule, now)
    asking = [Cause(Trigger.SCHEDULE, "a week is over", due)] if due else []
    return Facts(
        now=now,
        causes=[*asking, *causes(standing, RULE, now)],
        trained=[Trained(moment(one + 1), MINUTE) for one in [run.first, *run.trained]],
        new_rows=len(year.rows(last + 1 - LABEL_DAYS, day + 1 - LABEL_DAYS)),
        unfinished=0,
    )


def drift(year: Year, run: Run, day: int) -> Iterator[Observation]:
    """What the payments of a day say, before any label is there."""
    described = run.live.described
    rows = year.rows(day, day + 1)
    for one in drifts(rows[list(FOLDER.spec.features)], described):
        yield _drifted(run.live, day, "input_drift", one.column, one)
    yield _drifted(run.live, day, "score_drift", "", score_drift(run.scores[day], described))


def late_quality(year: Year, run: Run, day: int) -> Iterator[Observation]:
    """What the labels that came by today say of the days that what is live answered."""
    past = day - LABEL_DAYS
    days = range(past + 1 - MONITORING.quality_windows, past + 1)
    answered = [one for one in days if run.by_day.get(one) is run.live]
    if past in answered:
        known, worst = labels(year.rows(answered[0], past + 1)), run.live.worst
        found = bootstrap(JUDGE, known, np.concatenate([run.scores[one] for one in answered]))
        enough = telling_rows(known, JUDGE.classes) >= FEW
        yield Observation(
            **_window(run.live, past),
            monitor="quality",
            subject=JUDGE.name,
            rows=len(known),
            value=found.value,
            low=found.low,
            high=found.high,
            threshold=worst,
            outcome=_outcome(found.high < worst) if enough else Outcome.TOO_FEW,
        )


def _drifted(live: Model, day: int, monitor: str, subject: str, found: Drift) -> Observation:
    return Observation(
        **_window(live, day),
        monitor=monitor,
        subject=subject,
        rows=found.rows,
        value=found.psi,
        low=None,
        high=None,
        threshold=MONITORING.psi,
        outcome=_outcome(found.beyond(MONITORING.psi, MONITORING.significance)),
    )


def _window(live: Model, day: int) -> dict[str, Any]:
    place = {"environment": "production", "digest": live.name, "version": live.name}
    return {**place, "start": moment(day), "end": moment(day + 1)}


def _outcome(beyond: bool) -> Outcome:
    return Outcome.BEYOND if beyond else Outcome.OK


def _asked(one: Alert) -> tuple[str, str, str]:
    return one.digest, one.monitor, one.subject

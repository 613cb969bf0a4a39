"""Who is trained again when: what a policy sees on an evening, and what is live the next day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.continuous.year import FOLDER, JUDGE, LABEL_DAYS, Array, Model, Year, moment, score
from benchmarks.continuous.year import truth as labels
from platform_assets.ml.drift import Drift, drifts, score_drift
from platform_assets.ml.intervals import bootstrap
from platform_assets.spec import Retraining
from platform_assets.watch.alerts import Alert, alerts
from platform_assets.watch.governor import Facts, Start, Trained, decide
from platform_assets.watch.observations import Observation, Outcome
from platform_assets.watch.standing import causes, rule_of

MONITORING = FOLDER.spec.monitoring
RULE = Retraining(new_data="ignored", minimum_new_rows=1_000, cool_down_hours=7 * 24)
MINUTE = 60.0


@dataclass
class Run:
    """The half year of one policy: what was live and what it scored, by day."""

    name: str
    live: Model
    scores: dict[int, Array] = field(default_factory=dict)
    by_day: dict[int, Model] = field(default_factory=dict)
    trained: list[int] = field(default_factory=list)
    replaced: list[tuple[int, str]] = field(default_factory=list)
    observed: list[Observation] = field(default_factory=list)
    noticed: list[tuple[int, Alert]] = field(default_factory=list)

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
    decision = decide(facts(year, run, day, standing), RULE)
    if isinstance(decision, Start):
        run.train(year, day, str(decision.trigger))


def facts(year: Year, run: Run, day: int, standing: Sequence[Alert]) -> Facts:
    now = moment(day + 1)
    last = run.trained[-1] if run.trained else run.live.day
    return Facts(
        now=now,
        causes=list(causes(standing, RULE, now)),
        trained=[Trained(moment(one + 1), MINUTE) for one in run.trained],
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
    """What the labels that came today say of a week ago, if what is live answered then."""
    past = day - LABEL_DAYS
    if run.by_day.get(past) is run.live:
        known, worst = labels(year.rows(past, past + 1)), run.live.worst
        found = bootstrap(JUDGE, known, run.scores[past])
        yield Observation(
            **_window(run.live, past),
            monitor="quality",
            subject=JUDGE.name,
            rows=len(known),
            value=found.value,
            low=found.low,
            high=found.high,
            threshold=worst,
            outcome=_outcome(found.known and found.high < worst),
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

"""When windows become an alert: n of the last m of them, among those that had enough rows.

Nothing here reads or writes; what was observed decides alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from platform_assets.watch.observations import Observation, Outcome, enough_rows

Asked = tuple[str, str, str, str]


@dataclass(frozen=True)
class Rule:
    """An alert stands while at least `n` of the last `m` windows are beyond their threshold.

    Windows of fewer than `minimum_rows` rows count neither way.
    """

    n: int
    m: int
    minimum_rows: int

    def counts(self, one: Observation) -> bool:
        enough = enough_rows(one.monitor, one.rows, self.minimum_rows)
        return one.outcome is not Outcome.TOO_FEW and enough


@dataclass(frozen=True)
class Alert:
    """A question that stood beyond its threshold.

    `since` is the start of the first window that raised it, `last` the end of the newest window
    beyond, and `evidence` what that window showed.
    """

    environment: str
    digest: str
    monitor: str
    subject: str
    since: datetime
    last: datetime
    evidence: Observation


def alerts(observations: Iterable[Observation], rule: Rule) -> list[Alert]:
    """The alerts that stand at the newest window of each question, the oldest first."""
    standing = [
        found[-1]
        for windows in _by_question(observations, rule)
        if _beyond(windows[-rule.m :]) >= rule.n and (found := list(_raised(windows, rule)))
    ]
    return sorted(standing, key=_order)


def raised(observations: Iterable[Observation], rule: Rule) -> list[Alert]:
    """Every alert that was ever raised, ended or not, the oldest first."""
    found = [one for windows in _by_question(observations, rule) for one in _raised(windows, rule)]
    return sorted(found, key=_order)


def _by_question(observations: Iterable[Observation], rule: Rule) -> Iterator[list[Observation]]:
    """The windows that count, in the order of time, of each question that has any."""
    found: dict[Asked, list[Observation]] = defaultdict(list)
    for one in observations:
        if rule.counts(one):
            found[one.environment, one.digest, one.monitor, one.subject].append(one)
    for windows in found.values():
        yield sorted(windows, key=lambda one: one.start)


def _raised(windows: Sequence[Observation], rule: Rule) -> Iterator[Alert]:
    """One alert for each unbroken stretch of windows at which the rule held."""
    stretch: list[Observation] = []
    for place in range(len(windows)):
        recent = windows[max(0, place + 1 - rule.m) : place + 1]
        if _beyond(recent) >= rule.n:
            known = stretch[-rule.m :]
            stretch += [one for one in recent if _is_beyond(one) and one not in known]
        elif stretch:
            yield _alert(stretch)
            stretch = []
    if stretch:
        yield _alert(stretch)


def _alert(stretch: Sequence[Observation]) -> Alert:
    first, newest = stretch[0], stretch[-1]
    return Alert(
        environment=newest.environment,
        digest=newest.digest,
        monitor=newest.monitor,
        subject=newest.subject,
        since=first.start,
        last=newest.end,
        evidence=newest,
    )


def _is_beyond(one: Observation) -> bool:
    return one.outcome is Outcome.BEYOND


def _beyond(windows: Sequence[Observation]) -> int:
    return sum(map(_is_beyond, windows))


def _order(one: Alert) -> tuple[datetime, str, str, str, str]:
    return one.since, one.environment, one.monitor, one.subject, one.digest

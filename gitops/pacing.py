"""When to try again: each retry for the same reason waits twice as long, up to the interval."""

from dataclasses import replace
from datetime import datetime, timedelta

from gitops.conditions import Outcome, Reason, RetryAfter, Settled
from gitops.pace import Pace
from gitops.record import DeploymentRecord
from gitops.standing import conditions

# A race is over at once, another reconciler's work is not ours to wait for, and the manifest says
# how long a step takes.
_UNPACED = (Reason.CONTENDED, Reason.LOCKED, Reason.CANARY)
# Only these are found out by trying; all others show when git or the running system is looked at.
_COSTLY = (
    Reason.UNHEALTHY,
    Reason.RUNTIME_UNAVAILABLE,
    Reason.REPOSITORY_UNAVAILABLE,
    Reason.CANARY,
)


def concluded(
    record: DeploymentRecord, outcome: Outcome, revision: str, pace: Pace, now: datetime
) -> DeploymentRecord:
    """The record after a pass: its outcome, when to try again, and its conditions."""
    retries = 0
    if isinstance(outcome, RetryAfter):
        retries = _retries(record, outcome, revision)
        outcome = _paced(outcome, retries, pace)
    told = now.isoformat(timespec="seconds")
    return replace(
        record,
        outcome=outcome,
        retries=retries,
        retry_at=_due(outcome, now),
        conditions=conditions(
            record.conditions, outcome, revision, told, proven=record.healthy == revision
        ),
    )


def is_news(record: DeploymentRecord, outcome: Outcome, revision: str, now: datetime) -> bool:
    """Does the record say something else, or is a retry over that it counted?"""
    known = record.outcome
    if isinstance(known, RetryAfter) and isinstance(outcome, RetryAfter):
        same = (known.reason, known.message) == (outcome.reason, outcome.message)
        return not same or record.observed != revision or now >= _moment(record.retry_at, now)
    return known != outcome or record.observed != revision


def unchanged(record: DeploymentRecord, outcome: Outcome) -> Outcome:
    """An outcome that is no news: as the record paces it, or with the seconds that are left."""
    unpaced = isinstance(outcome, RetryAfter) and outcome.reason in _UNPACED
    return outcome if unpaced else record.outcome or outcome


def is_behind(record: DeploymentRecord, outcome: Outcome, revision: str) -> bool:
    """Is all well, while the record tells of trouble or of another revision?"""
    says_so = isinstance(record.outcome, Settled) and record.observed == revision
    return isinstance(outcome, Settled) and record.attempted is not None and not says_so


def seconds_left(record: DeploymentRecord, revision: str, now: datetime) -> float:
    """How long to leave a target alone that failed and has not changed in git since; 0: not."""
    costly = isinstance(record.outcome, RetryAfter) and record.outcome.reason in _COSTLY
    if not costly or record.observed != revision:
        return 0.0
    return max(0.0, (_moment(record.retry_at, now) - now).total_seconds())


def doubled(pace: Pace, retries: int) -> float:
    """Seconds before retry number `retries`: twice as long each time, up to the interval."""
    return min(pace.retry_interval * 2.0 ** min(retries - 1, 30), pace.interval)


def _retries(record: DeploymentRecord, outcome: RetryAfter, revision: str) -> int:
    known = record.outcome
    again = isinstance(known, RetryAfter) and known.reason == outcome.reason
    return record.retries + 1 if again and record.observed == revision else 1


def _paced(outcome: RetryAfter, retries: int, pace: Pace) -> RetryAfter:
    if outcome.reason in _UNPACED:
        return outcome
    return replace(outcome, seconds=doubled(pace, retries))


def _due(outcome: Outcome, now: datetime) -> str:
    if not isinstance(outcome, RetryAfter):
        return ""
    return (now + timedelta(seconds=outcome.seconds)).isoformat(timespec="milliseconds")


def _moment(text: str, otherwise: datetime) -> datetime:
    return datetime.fromisoformat(text) if text else otherwise

"""How a target stands in the words of Kubernetes: four conditions, told from how a pass ended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from gitops.conditions import Blocked, Outcome, Reason, RetryAfter, Settled

Truth: TypeAlias = Literal["True", "False", "Unknown"]
TYPES = ("Ready", "Reconciling", "Stalled", "Healthy")
_NOTHING_SERVED = (Reason.REMOVED, Reason.ABSENT, Reason.NOT_PRUNED)


@dataclass(frozen=True)
class Condition:
    """One condition of a target.

    `since` is when `status` last changed (ISO 8601, UTC), `revision` the one that was looked at.
    """

    type: str
    status: Truth
    reason: str
    message: str
    since: str
    revision: str

    def to_dict(self) -> dict[str, Any]:
        """The form of `--json`, with Kubernetes' names."""
        return {
            "type": self.type,
            "status": self.status,
            "reason": self.reason,
            "message": self.message,
            "lastTransitionTime": self.since,
            "observedRevision": self.revision,
        }


def conditions(
    before: Iterable[Condition], outcome: Outcome, revision: str, now: str, *, proven: bool
) -> tuple[Condition, ...]:
    """The conditions after a pass; `proven` says whether `revision` was proven healthy."""
    known = {one.type: one for one in before}
    statuses = _statuses(outcome, proven=proven)
    return tuple(
        Condition(
            name,
            statuses[name],
            str(outcome.reason),
            outcome.message,
            known[name].since if name in known and known[name].status == statuses[name] else now,
            revision,
        )
        for name in TYPES
    )


def _statuses(outcome: Outcome, *, proven: bool) -> Mapping[str, Truth]:
    match outcome:
        case Settled():
            ready: Truth = "True"
        case RetryAfter():
            ready = "False" if outcome.reason == Reason.UNHEALTHY else "Unknown"
        case Blocked():
            ready = "False"
    return {
        "Ready": ready,
        "Reconciling": "True" if isinstance(outcome, RetryAfter) else "False",
        "Stalled": "True" if isinstance(outcome, Blocked) else "False",
        "Healthy": _healthy(outcome, proven=proven),
    }


def _healthy(outcome: Outcome, *, proven: bool) -> Truth:
    if outcome.reason in (Reason.UNHEALTHY, Reason.STALLED):
        return "False"
    if not proven or outcome.reason in _NOTHING_SERVED:
        return "Unknown"
    return "True" if isinstance(outcome, Settled) else "Unknown"

"""How a pass ends, and why: three outcomes, one reason code each, and the verdicts behind them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, TypeAlias


class Reason(StrEnum):
    """Why a pass ended as it did; `SENTENCES` says each in one sentence."""

    HEALTHY = "Healthy"
    HEALED = "Healed"
    ROLLED_BACK = "RolledBack"
    REMOVED = "Removed"
    NOT_PRUNED = "NotPruned"
    SUSPENDED = "Suspended"
    ABSENT = "Absent"
    CANARY = "Canary"
    AWAITING_VERIFICATION = "AwaitingVerification"
    AWAITING_EARLIER = "AwaitingEarlierEnvironment"
    SOAKING = "Soaking"
    FROZEN = "Frozen"
    AWAITING_DEPENDENCY = "DependencyNotReady"
    RUNTIME_UNAVAILABLE = "RuntimeUnavailable"
    REPOSITORY_UNAVAILABLE = "RepositoryUnavailable"
    UNHEALTHY = "Unhealthy"
    CONTENDED = "Contended"
    LOCKED = "Locked"
    STOPPED = "Stopped"
    HELD = "Held"
    HELD_EARLIER = "HeldInEarlierEnvironment"
    INVALID = "Invalid"
    UNSIGNED = "Unsigned"
    HISTORY_LOST = "HistoryLost"
    DRIFTED = "Drifted"
    EMPTIED = "EmptyRender"
    STALLED = "Stalled"


SENTENCES: Mapping[Reason, str] = {
    Reason.HEALTHY: "The revision in git is live and was proven healthy.",
    Reason.HEALED: "The running system had lost or changed the revision; it was applied again.",
    Reason.ROLLED_BACK: "The last attempt failed and was taken back; the one before it is live.",
    Reason.REMOVED: "Git no longer names a manifest, and the application is gone.",
    Reason.NOT_PRUNED: "Git no longer names a manifest; the policy leaves what is served alone.",
    Reason.SUSPENDED: "A person has suspended it: it is looked at and never changed.",
    Reason.ABSENT: "Git names no manifest and nothing was ever applied.",
    Reason.CANARY: "The revision answers a share of the requests and is compared meanwhile.",
    Reason.AWAITING_VERIFICATION: "The revision is live and ready, but nobody has verified it yet.",
    Reason.AWAITING_EARLIER: "An earlier environment has not proven this digest yet.",
    Reason.SOAKING: "An earlier environment has not run this digest for long enough.",
    Reason.FROZEN: "The policy lets nothing new go live at this time.",
    Reason.AWAITING_DEPENDENCY: "A model that it depends on is not healthy here yet.",
    Reason.RUNTIME_UNAVAILABLE: "The running system cannot be asked; the attempt goes on later.",
    Reason.REPOSITORY_UNAVAILABLE: "The git host does not answer; the pass goes on later.",
    Reason.UNHEALTHY: "A revision that was proven once does not answer as it should right now.",
    Reason.CONTENDED: "Another writer changed git or the record meanwhile.",
    Reason.LOCKED: "Another reconciler is at work.",
    Reason.STOPPED: "The reconciler was told to end; the next pass goes on.",
    Reason.HELD: "The digest in git is held and is not attempted until a person lifts the hold.",
    Reason.HELD_EARLIER: "An earlier environment holds this digest.",
    Reason.INVALID: "A file in git cannot be used as it is.",
    Reason.UNSIGNED: "The policy wants signed commits, and what git names was not signed.",
    Reason.HISTORY_LOST: "What was healthy last is in the repository no more, and is needed now.",
    Reason.DRIFTED: "The running system was changed or lost; the policy says to tell, not to mend.",
    Reason.EMPTIED: "Git names no manifest at all in the environment any more; nothing is removed.",
    Reason.STALLED: "The attempt failed and so did the revision restored after it.",
}


VerdictOutcome: TypeAlias = Literal["pass", "fail", "inconclusive"]


@dataclass(frozen=True)
class Verdict:
    """One judgement: what was asked, what was seen, what was allowed.

    `observed` is None when there was no measurement; such a verdict never passes. `outcome` says
    of one that did not pass whether it failed or whether more data would be needed to tell.
    """

    check: str
    passed: bool
    metric: str
    observed: float | str | None
    threshold: float | str | None
    unit: str = ""
    message: str = ""
    evidence: str = ""
    outcome: VerdictOutcome | None = None

    def __post_init__(self) -> None:
        passed = self.passed and self.observed is not None and self.outcome in (None, "pass")
        unsure = not passed and self.outcome == "inconclusive"
        outcome = "pass" if passed else ("inconclusive" if unsure else "fail")
        object.__setattr__(self, "passed", passed)
        object.__setattr__(self, "outcome", outcome)

    def sentence(self) -> str:
        """One line, e.g. `latency: p99 was 412 ms, allowed 200 ms`."""
        unit = f" {self.unit}" if self.unit else ""
        remark = f" ({self.message})" if self.message else ""
        if self.observed is None:
            text = f"{self.check}: {self.metric} was not measured{remark}"
        else:
            allowed = (
                f", allowed {_figure(self.threshold)}{unit}" if self.threshold is not None else ""
            )
            seen = f"{self.metric} was {_figure(self.observed)}{unit}"
            text = f"{self.check}: {seen}{allowed}{remark}"
        return " ".join(text.split())

    @property
    def word(self) -> str:
        """The outcome as tables show it: what did not pass stands out."""
        return {"pass": "pass", "inconclusive": "UNSURE"}.get(self.outcome or "", "FAIL")

    def to_dict(self) -> dict[str, Any]:
        return dict(self.__dict__)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "Verdict":
        return cls(**fields)


@dataclass(frozen=True)
class Settled:
    """Git and the running system agree."""

    reason: Reason
    message: str


@dataclass(frozen=True)
class RetryAfter:
    """Not yet; the next pass may do more in `seconds`."""

    reason: Reason
    message: str
    seconds: float


@dataclass(frozen=True)
class Blocked:
    """Only a person can go on from here."""

    reason: Reason
    message: str


Outcome: TypeAlias = Settled | RetryAfter | Blocked
OutcomeKind: TypeAlias = Literal["settled", "retry-after", "blocked"]


def kind(outcome: Outcome) -> OutcomeKind:
    match outcome:
        case Settled():
            return "settled"
        case RetryAfter():
            return "retry-after"
        case Blocked():
            return "blocked"


def outcome_to_dict(outcome: Outcome) -> dict[str, Any]:
    """`kind`, `reason`, `message`, and `seconds` for a retry; the form of records and `--json`."""
    return {"kind": kind(outcome), **outcome.__dict__}


def outcome_from_dict(fields: Mapping[str, Any]) -> Outcome:
    """The inverse of `outcome_to_dict`; KeyError or ValueError on anything else."""
    reason, message = Reason(fields["reason"]), str(fields["message"])
    match fields["kind"]:
        case "settled":
            return Settled(reason, message)
        case "retry-after":
            return RetryAfter(reason, message, float(fields["seconds"]))
        case "blocked":
            return Blocked(reason, message)
        case other:
            raise ValueError(f"outcome {other!r}, expected settled, retry-after or blocked")


def _figure(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"

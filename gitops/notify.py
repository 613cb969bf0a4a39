"""What people are told of, and the port through which they are."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from gitops.conditions import Blocked, Outcome, Reason
from gitops.record import DeploymentRecord

_NO_NEWS = (Reason.ABSENT, Reason.CONTENDED, Reason.LOCKED)


@dataclass(frozen=True)
class Notice:
    """A change of how a target stands; `before` and `after` are reason codes or alerts.

    `evidence` is where more is to be seen, if anywhere.
    """

    environment: str
    model: str
    before: str
    after: str
    revision: str
    version: str
    why: str
    urgent: bool
    time: str
    evidence: str = ""

    @property
    def title(self) -> str:
        return f"{self.model} in {self.environment}: {self.after}"

    @property
    def text(self) -> str:
        """What happened, why, and the command that shows more."""
        command = f"slipway why {self.model} --env {self.environment}"
        evidence = f"\nEvidence: {self.evidence}" if self.evidence else ""
        before = self.before or "nothing"
        return f"Before: {before}. {self.why}.{evidence}\nLook further: {command}"


class Notifier(Protocol):
    """Tells people. Called once for each change, after the record holds it."""

    def notify(self, notice: Notice) -> Sequence[str]:
        """Deliver a notice; returns where it did not arrive, which is never raised."""
        ...


class JsonLines:
    """Appends each notice to a file, one JSON object a line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def notify(self, notice: Notice) -> Sequence[str]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a") as file:
                file.write(json.dumps(asdict(notice), sort_keys=True) + "\n")
        except OSError as error:
            return [f"the notice is in no file: {error}"]
        return []


def silent(notice: Notice) -> Sequence[str]:  # noqa: ARG001  the signature of Tell
    """Tells nobody."""
    return []


Tell = Callable[[Notice], Sequence[str]]


def notice_of(before: DeploymentRecord, after: DeploymentRecord, now: str) -> Notice | None:
    """What is to be told of a record that replaced another; None if nobody needs to know."""
    old, new = before.outcome, after.outcome
    if new is None or new.reason in _NO_NEWS or _alike(before, after, old, new):
        return None
    return Notice(
        after.environment,
        after.model,
        before=str(old.reason) if old else "",
        after=str(new.reason),
        revision=after.observed,
        version=after.version,
        why=new.message,
        urgent=isinstance(new, Blocked) or new.reason == Reason.ROLLED_BACK,
        time=now,
    )


def _alike(
    before: DeploymentRecord, after: DeploymentRecord, old: Outcome | None, new: Outcome
) -> bool:
    if old is None or before.observed != after.observed or type(old) is not type(new):
        return False
    calm = {old.reason, new.reason} == {Reason.HEALED, Reason.HEALTHY}
    return old.reason == new.reason or (calm and new.reason == Reason.HEALTHY)

"""A plan for people and programs: what stands, what it becomes, by which acts, or why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gitops.conditions import kind, outcome_to_dict
from gitops.forge import Forge
from gitops.markdown import table
from gitops.plan import Plan
from gitops.rollback import digest_at

NOTHING = "nothing"


@dataclass(frozen=True)
class Change:
    """What a plan means for one target; `before` and `after` are digests, empty for nothing."""

    environment: str
    model: str
    before: str
    after: str
    plan: Plan

    def text(self) -> str:
        return f"{self.environment}/{self.model}: {self._way()}{self._end()}"

    def to_dict(self) -> dict[str, Any]:
        outcome = self.plan.outcome
        return {
            "environment": self.environment,
            "model": self.model,
            "before": self.before or None,
            "after": self.after or None,
            "acts": [str(act) for act in self.plan.acts],
            "outcome": outcome_to_dict(outcome) if outcome else None,
        }

    def row(self) -> tuple[str, ...]:
        end = self._end()
        return (self.environment, self.model, _short(self.before), _short(self.after), end)

    def _way(self) -> str:
        same = self.before == self.after
        return "" if same else f"{_short(self.before)} -> {_short(self.after)}, "

    def _end(self) -> str:
        outcome = self.plan.outcome
        if outcome is None:
            return f"would {', '.join(self.plan.acts)}"
        return f"{kind(outcome)} ({outcome.reason}): {outcome.message}"


def change(forge: Forge, environment: str, model: str, plan: Plan) -> Change:
    """A plan beside what the record says is live and what main names."""
    with forge.one_look():
        record = forge.read_record(environment, model)
        wanted = digest_at(forge, environment, model, forge.head())
    return Change(environment, model, record.digest if record else "", wanted, plan)


def markdown(changes: Sequence[Change]) -> str:
    """A table for a comment on a pull request; safe whatever is in it."""
    rows = [one.row() for one in changes]
    return table(("environment", "model", "live", "in git", "plan"), rows)


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12] or NOTHING

"""Which environment of a model is deployed next, decided from what the reconciler plans."""

from collections.abc import Mapping
from dataclasses import dataclass

from gitops.conditions import RetryAfter
from gitops.plan import Plan


@dataclass(frozen=True)
class Decision:
    """The environments to deploy now, and the sentence for the UI."""

    environments: tuple[str, ...]
    reason: str


def decide(plans: Mapping[str, Plan], unfinished: int) -> Decision:
    """Deploy where a plan has acts, unless a run of the model is still at work on it."""
    due = tuple(name for name, plan in plans.items() if plan.acts)
    if due and unfinished:
        return Decision((), f"{unfinished} runs of this model are under way")
    if due:
        return Decision(due[:1], f"{due[0]} differs from git")
    return Decision((), "; ".join(f"{name}: {_end(plan)}" for name, plan in plans.items()))


def _end(plan: Plan) -> str:
    if plan.outcome is None:
        return "nothing to do"
    waits = (
        f" (again in {plan.outcome.seconds:g} s)" if isinstance(plan.outcome, RetryAfter) else ""
    )
    return f"{plan.outcome.message}{waits}"

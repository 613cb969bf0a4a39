"""The environments of the policy, in their order, as parts of a model's asset graph."""

from collections.abc import Sequence
from dataclasses import dataclass

from gitops.policy import Approval, Policy


@dataclass(frozen=True)
class Stage:
    """One environment: `earlier` are those whose deployments come before, none for the first."""

    environment: str
    approval: Approval
    earlier: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """The environment's name in Dagster's alphabet."""
        return _word(self.environment)

    @property
    def release(self) -> str:
        """The asset that brings a bundle in: the first is released to, the others promoted to."""
        return f"{self.word}_{'promotion' if self.earlier else 'release'}"

    @property
    def deployment(self) -> str:
        """The asset that makes it live."""
        return deployment_of(self.environment)


DEFAULT = (Stage("staging", "auto"), Stage("production", "review", ("staging",)))


def stages_of(policy: Policy) -> tuple[Stage, ...]:
    """A stage for each environment; one that requires none comes after the one before it."""
    before: tuple[str, ...] = ()
    found = []
    for one in policy.environments:
        found.append(Stage(one.name, one.approval, tuple(one.requires) or before))
        before = (one.name,)
    return tuple(found)


def at_once(stages: Sequence[Stage]) -> tuple[str, ...]:
    """The assets that follow a judgement in the same run, up to the first open promotion.

    What comes after a person's approval, or after another environment's proof, begins in a run of
    its own, once git says that it may.
    """
    first = stages[0]
    if first.approval == "review":
        return (first.release,)
    return (first.release, first.deployment, *(one.release for one in stages[1:2]))


def deployment_of(environment: str) -> str:
    return f"{_word(environment)}_deployment"


def _word(environment: str) -> str:
    return environment.replace("-", "_")

"""Proof that a candidate passed: the recorded result of each check on its way, for exactly it.

Dagster's blocking checks have gaps (its issues 20659, 26854 and 25112), and anybody can
materialize an asset by hand behind one that failed. So a release trusts no scheduling order: it
reads the check events again and refuses what it does not find.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeAlias

import dagster as dg

from platform_assets.errors import ChampionReplaced, GateError
from platform_assets.folder import ModelFolder
from platform_assets.lineage import evaluations
from platform_assets.model import (
    candidate_model,
    evaluation_report,
    registry_entry,
    training_set,
)

NAMED_BY: Mapping[ModuleType, str] = {
    training_set: "training_set_version",
    candidate_model: "candidate_key",
    registry_entry: "bundle_digest",
    evaluation_report: "bundle_digest",
}


@dataclass(frozen=True)
class Asked:
    """A check that must have passed, and the name under which it says what it judged."""

    key: dg.AssetCheckKey
    named_by: str

    def __str__(self) -> str:
        return f"{self.key.asset_key.path[-1]}.{self.key.name}"


@dataclass(frozen=True)
class Result:
    """One recorded result: whether it stands in the way, and all that it says about itself."""

    passed: bool
    told: Mapping[str, Any]

    @classmethod
    def of(cls, evaluation: dg.AssetCheckEvaluation) -> "Result":
        """A warning stands in nobody's way."""
        warned = evaluation.severity == dg.AssetCheckSeverity.WARN
        told = {name: value.value for name, value in evaluation.metadata.items()}
        return cls(evaluation.passed or warned, told)

    def about(self, facts: Mapping[str, Any], named_by: str) -> bool:
        """Whether it names the candidate, and nothing that the candidate is not."""
        stated = {name: told for name, told in self.told.items() if name in facts}
        return named_by in stated and all(facts[name] == told for name, told in stated.items())


Results: TypeAlias = Mapping[Asked, list[Result]]


def asked_of(folder: ModelFolder) -> list[Asked]:
    """Every check that the model's assets declare, from the training set to the report."""
    return [
        Asked(spec.key, name)
        for module, name in NAMED_BY.items()
        for spec in module.build(folder).check_specs
    ]


def recorded(instance: dg.DagsterInstance, folder: ModelFolder) -> Results:
    """What each of these checks found at its last evaluations, the newest first."""
    return {
        asked: [Result.of(one) for one in evaluations(instance, asked.key)]
        for asked in asked_of(folder)
    }


def prove(folder: ModelFolder, entry: Mapping[str, Any], found: Results) -> None:
    """Return if every check has passed for the candidate that the registry `entry` is of.

    Raises
    ------
    GateError
        Naming each check that is missing, has not passed, or speaks of something else.
    """
    facts = {name: entry[name] for name in NAMED_BY.values()}
    reasons = unproven(found, facts)
    if reasons:
        raise GateError(folder.name, entry["bundle_digest"], reasons)


def require_champion(model: str, digest: str, judged: str | None, now: str | None) -> None:
    """Return if a bundle was judged against what is live in production, or is that itself.

    `judged` is the champion's digest in the report, `now` the one of today; None for no champion.

    Raises
    ------
    ChampionReplaced
        If production has changed since; then no figure of the report says what would be lost.
    """
    if now not in (judged, digest):
        raise ChampionReplaced(model, digest, judged, now)


def unproven(found: Results, facts: Mapping[str, Any]) -> list[str]:
    """One reason for each check without a passing result for `facts`.

    Results are the newest first; the newest that is about the candidate counts.
    """
    reasons = (_reason(asked, results, facts) for asked, results in found.items())
    return [reason for reason in reasons if reason]


def _reason(asked: Asked, results: list[Result], facts: Mapping[str, Any]) -> str:
    if not results:
        return f"{asked} has no result"
    counted = next((one for one in results if one.about(facts, asked.named_by)), None)
    if counted is None:
        other = results[0].told.get(asked.named_by, "nothing by name")
        wanted = facts[asked.named_by]
        return f"{asked} was judged for another {asked.named_by}: {other}, expected {wanted}"
    if counted.passed:
        return ""
    unsure = counted.told.get("outcome") == "inconclusive"
    return f"{asked} {'is inconclusive' if unsure else 'failed'}"

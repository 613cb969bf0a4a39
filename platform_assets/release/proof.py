"""Proof that a candidate passed: the recorded result of each gate, for exactly this bundle.

Dagster's blocking checks have gaps (its issues 20659, 26854 and 25112), so a release trusts
no scheduling order: it reads the check events again and refuses what it does not find.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import dagster as dg

from platform_assets.errors import GateError
from platform_assets.folder import ModelFolder
from platform_assets.lineage import newest_evaluation
from platform_assets.spec import gate_name


@dataclass(frozen=True)
class Result:
    """One recorded check result, and the bundle it was recorded for."""

    passed: bool
    digest: str


def prove_gates(instance: dg.DagsterInstance, folder: ModelFolder, digest: str) -> None:
    """Return if every gate has passed for `digest`.

    Raises
    ------
    GateError
        Naming each gate that is missing, failed, or speaks of another bundle.
    """
    report = folder.key("evaluation_report")
    keys = {name: dg.AssetCheckKey(report, name) for name in map(gate_name, folder.spec.gates)}
    found = {name: newest_evaluation(instance, key) for name, key in keys.items()}
    results = {name: _result(one) if one is not None else None for name, one in found.items()}
    reasons = unproven(results, digest)
    if reasons:
        raise GateError(folder.name, digest, reasons)


def unproven(results: Mapping[str, Result | None], digest: str) -> list[str]:
    """One reason for each gate without a passing result for `digest`."""
    reasons = []
    for name, result in results.items():
        if result is None:
            reasons.append(f"gate {name} has no result")
        elif result.digest != digest:
            reasons.append(f"gate {name} was judged for another bundle, {result.digest}")
        elif not result.passed:
            reasons.append(f"gate {name} failed")
    return reasons


def _result(evaluation: dg.AssetCheckEvaluation) -> Result:
    stated = evaluation.metadata.get("bundle_digest")
    return Result(evaluation.passed, str(stated.value) if stated else "no bundle")

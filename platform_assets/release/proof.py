"""Proof that a candidate passed: the recorded result of each gate, for exactly this bundle.

Dagster's blocking checks have gaps (its issues 20659, 26854 and 25112), so a release trusts
no scheduling order: it reads the check events again and refuses what it does not find.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import dagster as dg
from dagster._core.storage.asset_check_execution_record import (
    COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES,
)

from platform_assets.errors import GateError
from platform_assets.folder import ModelFolder
from platform_assets.spec import gate_name

LOOKED_AT = 25


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
    reasons = unproven({name: newest(instance, key) for name, key in keys.items()}, digest)
    if reasons:
        raise GateError(folder.name, digest, reasons)


def newest(instance: dg.DagsterInstance, key: dg.AssetCheckKey) -> Result | None:
    """What a check found when it was last evaluated; None if it never was.

    Dagster files a record when a run is queued and keeps that place when the result comes, so the
    newest record may hold no result yet, and need not be the one that was evaluated last.
    """
    records = instance.event_log_storage.get_asset_check_execution_history(
        key, limit=LOOKED_AT, status=COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES
    )
    evaluated = [(record.event.timestamp, record.evaluation) for record in records if record.event]
    if not evaluated:
        return None
    _, evaluation = max(evaluated, key=lambda pair: pair[0])
    return _result(evaluation) if evaluation is not None else None


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

"""What an upstream asset said when it was last materialized, and a check when last evaluated.

Downstream assets take versions and digests from here instead of asking a store for its newest
entry, so that a run works on what its own upstream made.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg
from dagster._core.storage.asset_check_execution_record import (
    COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES,
)

from platform_assets.errors import NotMaterialized

LOOKED_AT = 25


def latest(instance: dg.DagsterInstance, key: dg.AssetKey) -> dict[str, Any]:
    """The plain metadata values of the newest materialization.

    Raises
    ------
    NotMaterialized
        If there is none.
    """
    event = instance.get_latest_materialization_event(key)
    materialization = event.asset_materialization if event else None
    if materialization is None:
        raise NotMaterialized(key.to_user_string())
    return {name: value.value for name, value in materialization.metadata.items()}


@dataclass(frozen=True)
class Materialized:
    """The plain metadata values of one materialization, and the run that made it."""

    told: Mapping[str, Any]
    run_id: str

    def tags(self, instance: dg.DagsterInstance) -> Mapping[str, str]:
        """The tags of its run; none if that is not there."""
        run = instance.get_run_by_id(self.run_id)
        return run.tags if run else {}


def newest(instance: dg.DagsterInstance, key: dg.AssetKey, count: int) -> list[Materialized]:
    """The last `count` materializations, the newest first."""
    records = instance.fetch_materializations(key, limit=count).records
    return [
        Materialized({name: value.value for name, value in made.metadata.items()}, record.run_id)
        for record in records
        if (made := record.asset_materialization)
    ]


def newest_evaluation(
    instance: dg.DagsterInstance, key: dg.AssetCheckKey
) -> dg.AssetCheckEvaluation | None:
    """What a check found when it was last evaluated; None if it never was."""
    return next(iter(evaluations(instance, key)), None)


def evaluations(
    instance: dg.DagsterInstance, key: dg.AssetCheckKey
) -> list[dg.AssetCheckEvaluation]:
    """What a check found at its last evaluations, the newest first."""
    return [one.evaluation for one in evaluated(instance, key)]


@dataclass(frozen=True)
class Evaluated:
    """What a check found, in which run, and when (Unix seconds)."""

    evaluation: dg.AssetCheckEvaluation
    run_id: str
    at: float


def evaluated(instance: dg.DagsterInstance, key: dg.AssetCheckKey) -> list[Evaluated]:
    """The last evaluations of a check, the newest first; 25 records are looked at.

    Dagster files a record when a run is queued and keeps that place when the result comes, so the
    newest record may hold no result yet, and need not be the one that was evaluated last.
    """
    records = instance.event_log_storage.get_asset_check_execution_history(
        key, limit=LOOKED_AT, status=COMPLETED_ASSET_CHECK_EXECUTION_RECORD_STATUSES
    )
    found = [
        Evaluated(evaluation, record.event.run_id, record.event.timestamp)
        for record in records
        if record.event and (evaluation := record.evaluation)
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)

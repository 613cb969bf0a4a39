"""People are told when an alert begins to stand and when it ends; what did not arrive is shown."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from gitops.forge import Forge
from gitops.notifier import build_tell
from gitops.notify import Notice, Tell
from gitops.policy import load_policy
from platform_assets.folder import ModelFolder
from platform_assets.lineage import newest_evaluation
from platform_assets.watch import score
from platform_assets.watch.changes import Told, by_monitor, known_after, notices, parse, text
from platform_assets.watch.standing import live_digests, standing
from resources.lake import Lake
from resources.settings import Settings

LOOK_SECONDS = 60
NOT_DELIVERED = "not_delivered"


def alerts_sensor(folder: ModelFolder) -> dg.SensorDefinition:
    @folder.sensor(
        "alerts",
        f"Tells people when an alert of {folder.name} begins to stand, and its end.",
        seconds=LOOK_SECONDS,
    )
    def sensor(
        context: dg.SensorEvaluationContext,
        settings: dg.ResourceParam[Settings],
        lake: dg.ResourceParam[Lake],
        forge: dg.ResourceParam[Forge],
    ) -> dg.SensorResult:
        moment = datetime.now(UTC)
        live = live_digests(forge, folder.name)
        now = by_monitor(standing(lake, folder, live, moment))
        now |= lost_proofs(context.instance, folder, load_policy(forge, forge.head()).names[-1])
        link = f"{settings.dagster_url}/assets/{folder.name}"
        known = parse(context.cursor)
        due = notices(folder.name, known, now, link, moment.isoformat(timespec="seconds"))
        failures = deliver(due, build_tell(settings.home, settings.notify_addresses))
        for failure in failures:
            context.log.warning("the alert stands in Dagster all the same: %s", failure)
        return dg.SensorResult(
            skip_reason=said(len(now), due, failures),
            cursor=text(known_after(known, now)),
            asset_events=[observation(folder, due, failures)] if due else [],
        )

    return sensor


def lost_proofs(
    instance: dg.DagsterInstance, folder: ModelFolder, environment: str
) -> dict[Told, list[str]]:
    """What the newest test score says is proven no more, as an alert of an environment."""
    found = newest_evaluation(instance, dg.AssetCheckKey(folder.key(score.NAME), score.STAND))
    if found is None or found.passed:
        return {}
    return {Told(environment, score.NAME, "", ""): [found.description or score.STAND]}


def deliver(due: Sequence[Notice], tell: Tell) -> list[str]:
    """Tell each; returns one sentence for each place where a notice did not arrive."""
    return [f"{one.title}: {failure}" for one in due for failure in tell(one)]


def said(standing_now: int, due: Sequence[Notice], failures: Sequence[str]) -> str:
    """What the tick shows."""
    told = "; ".join(one.title for one in due) or "nothing new"
    missed = f"; not delivered: {'; '.join(failures)}" if failures else ""
    return f"{standing_now} alerts stand; {told}{missed}"


def observation(
    folder: ModelFolder, due: Sequence[Notice], failures: Sequence[str]
) -> dg.AssetObservation:
    """What was told and what did not arrive, at the asset that the alerts are from."""
    metadata: Mapping[str, Any] = {
        "told": [f"{one.title}: {one.why}" for one in due],
        NOT_DELIVERED: list(failures),
    }
    return dg.AssetObservation(folder.key("monitoring"), metadata=metadata)

"""A training that a person asks for: an observation of the candidate, which the governor reads."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from platform_assets.folder import ModelFolder
from platform_assets.watch.governor import Cause, Trigger

_FORM = re.compile(r"training asked for by (.+?): (.*)", re.DOTALL)


def written(by: str, why: str) -> str:
    """How the wish stands in the observation's description."""
    return f"training asked for by {by}: {why}"


def asked(instance: dg.DagsterInstance, folder: ModelFolder, since: datetime) -> Iterator[Cause]:
    """The newest wish since then, if there is one."""
    wanted = dg.AssetRecordsFilter(folder.key("candidate_model"), after_timestamp=since.timestamp())
    for record in instance.fetch_observations(wanted, limit=10).records:
        observation = record.asset_observation
        found = _FORM.fullmatch((observation.description if observation else None) or "")
        if found:
            seen = datetime.fromtimestamp(record.timestamp, UTC)
            why = f"asked for by {found[1]}: {found[2]}"
            yield Cause(Trigger.ON_DEMAND, why, seen, by=found[1])
            return

"""Who asked for a release: the person who started its run, or that of its candidate."""

from collections.abc import Mapping

import dagster as dg

from gitops.plumbing import AUTHOR
from platform_assets.run_tags import BY_TAG

# Dagster+ puts the person's address here; the open-source webserver knows of nobody.
DAGSTER_USER = "user"


def asked_by(tags: Mapping[str, str], made: Mapping[str, str]) -> str:
    """The person behind a run with these tags, or behind the one that registered the candidate.

    The platform itself if nobody stands behind either, such as a delivery that arrived.
    """
    return person(tags) or person(made) or AUTHOR


def person(tags: Mapping[str, str]) -> str:
    """Who started a run; empty if nobody did."""
    return tags.get(BY_TAG) or tags.get(DAGSTER_USER, "")


def tags_of(instance: dg.DagsterInstance, made: dg.AssetKey) -> Mapping[str, str]:
    """The tags of the run that last materialized an asset; none if it is not there."""
    event = instance.get_latest_materialization_event(made)
    run = instance.get_run_by_id(event.run_id) if event else None
    return run.tags if run else {}

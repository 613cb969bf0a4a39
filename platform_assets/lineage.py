"""What an upstream asset said when it was last materialized.

Downstream assets take versions and digests from here instead of asking a store for its newest
entry, so that a run works on what its own upstream made.
"""

from typing import Any

import dagster as dg

from platform_assets.errors import NotMaterialized


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

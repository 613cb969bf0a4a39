"""The model that callers reach, as the last merged promotion says.

A failing endpoint is taken back by a revert commit, its digest is held, and the version before
answers on. MLflow's aliases `champion` and `previous` follow once this version is proven.
"""

import dagster as dg

from platform_assets.folder import ModelFolder
from platform_assets.release.deployment import deployment


def build(folder: ModelFolder) -> dg.AssetsDefinition:
    return deployment(folder, "production", __doc__, after="production_promotion")

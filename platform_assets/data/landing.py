"""The files as they arrive at the model's source; the graph never changes them.

The landing sensor reports here what has arrived, and starts the run that reads it.
"""

import inspect

import dagster as dg

from platform_assets.folder import ModelFolder

NAME = "landing"


def build(folder: ModelFolder) -> dg.AssetSpec:
    return folder.asset_spec(NAME, inspect.cleandoc(__doc__ or ""), {folder.spec.source.format})

"""The files as they arrive, one folder per model below `landing`; the graph never changes them.

The landing sensor reports here what has arrived, and starts the run that reads it.
"""

import inspect

import dagster as dg

from platform_assets.folder import ModelFolder

NAME = "landing"


def build(folder: ModelFolder) -> dg.AssetSpec:
    return folder.asset_spec(NAME, inspect.cleandoc(__doc__ or ""), {folder.spec.source.format})

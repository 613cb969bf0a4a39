"""The model that callers reach, as the last merged promotion says.

A failing endpoint is taken back by a revert commit, its digest is held, and the version before
answers on. MLflow's alias `champion` follows once this version is proven.
"""

from collections.abc import Iterator

import dagster as dg

from gitops.forge import Forge
from gitops.reconcile import Reconciler
from platform_assets.folder import ModelFolder
from platform_assets.release.deployment import CHECKS, Event, deploy
from resources.registry import Registry
from resources.settings import Settings


def build(folder: ModelFolder) -> dg.AssetsDefinition:
    @folder.asset(
        "production_deployment", __doc__, {"rayserve"}, after="production_promotion", checks=CHECKS
    )
    def production_deployment(
        context: dg.AssetExecutionContext,
        reconciler: dg.ResourceParam[Reconciler],
        forge: dg.ResourceParam[Forge],
        registry: dg.ResourceParam[Registry],
        settings: dg.ResourceParam[Settings],
    ) -> Iterator[Event]:
        yield from deploy(context, folder, "production", reconciler, forge, registry, settings)

    return production_deployment

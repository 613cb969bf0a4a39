"""The candidate, live where nobody depends on it, and tested there as production would be.

What is live is what `gitops/environments/staging/` says. The endpoint must answer the golden rows,
refuse bad input and keep the latency budget; otherwise a revert commit takes the release back.
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
        "staging_deployment", __doc__, {"rayserve"}, after="staging_release", checks=CHECKS
    )
    def staging_deployment(
        context: dg.AssetExecutionContext,
        reconciler: dg.ResourceParam[Reconciler],
        forge: dg.ResourceParam[Forge],
        registry: dg.ResourceParam[Registry],
        settings: dg.ResourceParam[Settings],
    ) -> Iterator[Event]:
        yield from deploy(context, folder, "staging", reconciler, forge, registry, settings)

    return staging_deployment

"""The promotion that carries the evidence for production; merging it is the approval.

Opened only for a bundle whose gates all passed, that staging has proven, and whose code is in a
commit. Proposing the same bundle twice finds the promotion that is there.
"""

import dagster as dg

from gitops.forge import Forge
from platform_assets.folder import ModelFolder
from platform_assets.lineage import latest
from platform_assets.release.provenance import require_committed
from platform_assets.release.release import release, result
from resources.artifacts import Artifacts
from resources.checkout import Checkout


def build(folder: ModelFolder) -> dg.AssetsDefinition:
    @folder.asset("production_promotion", __doc__, {"git"}, after="staging_deployment")
    def production_promotion(
        context: dg.AssetExecutionContext,
        forge: dg.ResourceParam[Forge],
        artifacts: dg.ResourceParam[Artifacts],
        checkout: dg.ResourceParam[Checkout],
    ) -> dg.MaterializeResult:
        entry, code = (
            latest(context.instance, folder.key("registry_entry")),
            checkout.code(folder.name),
        )
        require_committed(
            folder.name, entry["bundle_digest"], entry["code_commit"], code, checkout.root
        )
        staging = forge.read_record("staging", folder.name)
        endpoint = staging.verdicts if staging else ()
        released = release(context.instance, folder, "production", forge, artifacts, endpoint)
        return result(folder, "production_promotion", released)

    return production_promotion

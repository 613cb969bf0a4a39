"""A commit that names the candidate's bundle in `gitops/environments/staging/`.

Written only if every gate has a passing result for exactly this bundle, whatever order things ran
in. Releasing the same bundle twice changes nothing.
"""

import dagster as dg

from gitops.forge import Forge
from platform_assets.folder import ModelFolder
from platform_assets.release.release import release, result
from resources.artifacts import Artifacts


def build(folder: ModelFolder) -> dg.AssetsDefinition:
    @folder.asset("staging_release", __doc__, {"git"}, after="evaluation_report")
    def staging_release(
        context: dg.AssetExecutionContext,
        forge: dg.ResourceParam[Forge],
        artifacts: dg.ResourceParam[Artifacts],
    ) -> dg.MaterializeResult:
        released = release(context.instance, folder, "staging", forge, artifacts)
        return result(folder, "staging_release", released)

    return staging_release

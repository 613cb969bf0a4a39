"""A commit that names the candidate's bundle in `gitops/environments/staging/`.

Written only if every check from the training set to the report has a passing result for exactly
this candidate, whatever order things ran in. Releasing the same bundle twice changes nothing. Code
that is in no commit is warned of: such a bundle may be tried in staging, and goes no further.
"""

import dagster as dg

from gitops.forge import Forge
from platform_assets.folder import ModelFolder
from platform_assets.lineage import latest
from platform_assets.release.provenance import uncommitted
from platform_assets.release.release import release, result
from resources.artifacts import Artifacts
from resources.checkout import Checkout


def build(folder: ModelFolder) -> dg.AssetsDefinition:
    @folder.asset("staging_release", __doc__, {"git"}, after="evaluation_report")
    def staging_release(
        context: dg.AssetExecutionContext,
        forge: dg.ResourceParam[Forge],
        artifacts: dg.ResourceParam[Artifacts],
        checkout: dg.ResourceParam[Checkout],
    ) -> dg.MaterializeResult:
        released = release(context.instance, folder, "staging", forge, artifacts)
        entry, code = (
            latest(context.instance, folder.key("registry_entry")),
            checkout.code(folder.name),
        )
        problem = uncommitted(folder.name, entry["code_commit"], code, checkout.root)
        if problem:
            context.log.warning("production will refuse this bundle: %s", problem)
        return result(folder, "staging_release", released)

    return staging_release

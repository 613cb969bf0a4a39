"""A commit that names the candidate's bundle in the folder of the first environment.

Written only if every check from the training set to the report has a passing result for exactly
this candidate, whatever order things ran in. Releasing the same bundle twice changes nothing. Code
that is in no commit is warned of: such a bundle may be tried here, and goes no further. While the
environment is frozen nothing is written, and it is tried again when that is over.
"""

from collections.abc import Iterator

import dagster as dg

from gitops.forge import Forge
from platform_assets.folder import ModelFolder
from platform_assets.lineage import latest
from platform_assets.release.provenance import uncommitted
from platform_assets.release.release import Desk, Event, release
from platform_assets.release.stages import Stage
from resources.artifacts import Artifacts
from resources.checkout import Checkout


def build(folder: ModelFolder, stage: Stage) -> dg.AssetsDefinition:
    @folder.asset(stage.release, __doc__, {"git"}, after=("evaluation_report",), required=False)
    def first_release(
        context: dg.AssetExecutionContext,
        forge: dg.ResourceParam[Forge],
        artifacts: dg.ResourceParam[Artifacts],
        checkout: dg.ResourceParam[Checkout],
    ) -> Iterator[Event]:
        desk = Desk(context.instance, forge, artifacts, checkout)
        yield from release(context, folder, stage, desk)
        entry = latest(context.instance, folder.key("registry_entry"))
        code = checkout.code(folder.name)
        problem = uncommitted(folder.name, entry["code_commit"], code, checkout.root)
        if problem:
            context.log.warning("later environments will refuse this bundle: %s", problem)

    return first_release

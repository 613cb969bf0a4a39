"""The candidate's way into an environment behind the first one, as its policy says.

Under `review` it is a promotion that carries the evidence, and merging it is the approval; under
`auto` a commit. Written only for a bundle whose gates all passed, that the environments before
have proven, and whose code is in a commit. Proposing the same bundle twice finds the promotion
that is there. A commit that comes too early is tried again when the time has come.
"""

from collections.abc import Iterator

import dagster as dg

from gitops.forge import Forge
from platform_assets.folder import ModelFolder
from platform_assets.release.release import Desk, Event, release
from platform_assets.release.stages import Stage, deployment_of
from resources.artifacts import Artifacts
from resources.checkout import Checkout


def build(folder: ModelFolder, stage: Stage) -> dg.AssetsDefinition:
    after = tuple(deployment_of(name) for name in stage.earlier)

    @folder.asset(stage.release, __doc__, {"git"}, after=after, required=False)
    def later_promotion(
        context: dg.AssetExecutionContext,
        forge: dg.ResourceParam[Forge],
        artifacts: dg.ResourceParam[Artifacts],
        checkout: dg.ResourceParam[Checkout],
    ) -> Iterator[Event]:
        desk = Desk(context.instance, forge, artifacts, checkout)
        yield from release(context, folder, stage, desk)

    return later_promotion

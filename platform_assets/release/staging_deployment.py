"""The candidate, live where nobody depends on it, and tested there as production would be.

What is live is what `gitops/environments/staging/` says. The endpoint must answer the golden rows,
refuse bad input and keep the latency budget; otherwise a revert commit takes the release back.
"""

import dagster as dg

from platform_assets.folder import ModelFolder
from platform_assets.release.deployment import deployment


def build(folder: ModelFolder) -> dg.AssetsDefinition:
    return deployment(folder, "staging", __doc__, after="staging_release")

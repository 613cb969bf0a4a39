"""Files as they were delivered, byte for byte, each content once.

Nothing is judged here, so nothing is lost: whatever the contract says later, and however files
are read then, all of it can be judged again. A file is known by the SHA-256 of its content: the
same bytes, under whatever name, land once, and a name that has landed stands for its content for
ever.
"""

import dagster as dg

from platform_assets.data import landing
from platform_assets.data.blocks import delivered
from platform_assets.data.intake import Taken, take_all
from platform_assets.data.ledger import Outcome
from platform_assets.data.sources.choose import source_of
from platform_assets.errors import NothingDelivered
from platform_assets.folder import ModelFolder
from platform_assets.metadata import table_metadata
from resources.lake import Lake
from resources.settings import Settings

SHOWN = 20


def build(folder: ModelFolder) -> dg.AssetsDefinition:
    name = f"{folder.name}/raw"
    checks = ["names_keep_their_content"]

    @folder.asset("raw", __doc__, {"deltalake"}, after=landing.NAME, checks=checks)
    def raw(
        context: dg.AssetExecutionContext,
        lake: dg.ResourceParam[Lake],
        settings: dg.ResourceParam[Settings],
    ) -> dg.MaterializeResult:
        source = source_of(folder, settings)
        spec, say = folder.spec.source, context.log.info
        taken = take_all(lake, folder.name, source, spec.batch_files, spec.pulls, say)
        if taken.version is None:
            raise NothingDelivered(folder.name, source.place)
        known = delivered(lake, name, taken.version)
        return dg.MaterializeResult(
            data_version=dg.DataVersion(str(taken.version)),
            metadata={
                **_told(taken),
                "deliveries": len(known),
                "bytes": sum(one.size for one in known),
                **table_metadata(lake.schema(name), None, lake.uri(name), taken.version),
            },
            check_results=[unchanged(taken)],
        )

    return raw


def unchanged(taken: Taken) -> dg.AssetCheckResult:
    """Each file that comes with other content under a name that has landed is refused, once."""
    refused = taken.names(Outcome.CHANGED)
    return dg.AssetCheckResult(
        check_name="names_keep_their_content",
        passed=not refused,
        description=(
            f"{len(refused)} files changed under a name that has landed, and were not taken in: "
            f"{', '.join(refused[:SHOWN])}; deliver the new content under a new name"
            if refused
            else None
        ),
        metadata={"refused": refused[:SHOWN]},
    )


def _told(taken: Taken) -> dict[str, dg.MetadataValue]:
    fresh, again = taken.names(Outcome.LANDED), taken.names(Outcome.REPEATED)
    skipped = dict(list((taken.skipped or {}).items())[:SHOWN])
    return {
        "new_deliveries": dg.MetadataValue.int(len(fresh)),
        "known_deliveries": dg.MetadataValue.int(len(again)),
        "waiting_arrivals": dg.MetadataValue.int(taken.waiting),
        "first_new": dg.MetadataValue.json(fresh[:SHOWN]),
        "delivered_again": dg.MetadataValue.json(again[:SHOWN]),
        "skipped": dg.MetadataValue.json(skipped),
    }

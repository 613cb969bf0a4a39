"""Rows as they were delivered: every value as text, once for each file, never changed.

A file is known by the SHA-256 of its bytes. The table carries one application transaction for
each delivery, so the same file, under whatever name, lands once.
"""

import dagster as dg
import pyarrow as pa

from platform_assets.data import landing
from platform_assets.data.deliveries import Delivery, deliveries, read_delivery
from platform_assets.errors import NothingDelivered
from platform_assets.folder import ModelFolder
from platform_assets.metadata import table_metadata
from resources.lake import Lake
from resources.settings import Settings


def build(folder: ModelFolder) -> dg.AssetsDefinition:
    name = f"{folder.name}/raw"

    @folder.asset("raw", __doc__, {"deltalake"}, after=landing.NAME)
    def raw(
        context: dg.AssetExecutionContext,
        lake: dg.ResourceParam[Lake],
        settings: dg.ResourceParam[Settings],
    ) -> dg.MaterializeResult:
        place = settings.landing / folder.name
        found = deliveries(place, folder.spec.source.pattern)
        fresh = undelivered(lake, name, found)
        if not fresh and not lake.exists(name):
            raise NothingDelivered(folder.name, str(place / folder.spec.source.pattern))
        for item in fresh:
            context.log.info("new delivery %s (%s)", item.path.name, item.digest[:12])
        version = append(lake, name, folder, fresh) if fresh else lake.version(name)
        return dg.MaterializeResult(
            data_version=dg.DataVersion(str(version)),
            metadata={
                "new_deliveries": len(fresh),
                "known_deliveries": len(found) - len(fresh),
                **table_metadata(lake.schema(name), lake.count(name), lake.uri(name), version),
            },
        )

    return raw


def undelivered(lake: Lake, name: str, found: list[Delivery]) -> list[Delivery]:
    """The deliveries that the raw table does not carry yet."""
    landed = lake.landed(name, [item.digest for item in found])
    return [item for item in found if item.digest not in landed]


def append(lake: Lake, name: str, folder: ModelFolder, fresh: list[Delivery]) -> int:
    """Read the deliveries and append them in one commit; returns the table's new version."""
    source = folder.spec.source
    tables = [read_delivery(item, folder.contract.columns, source.format) for item in fresh]
    return lake.append(name, pa.concat_tables(tables), [item.digest for item in fresh])

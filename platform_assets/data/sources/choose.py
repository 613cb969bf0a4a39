"""The source that a model's specification names."""

from platform_assets.data.sources.folder import FolderSource
from platform_assets.data.sources.port import Source
from platform_assets.data.sources.table import TableSource
from platform_assets.folder import ModelFolder
from platform_assets.spec import SqlSource
from resources.lake import Lake
from resources.settings import Settings, SqlSettings
from resources.sql import Database


def source_of(folder: ModelFolder, settings: Settings) -> Source:
    """Where the deliveries of a model come from."""
    if isinstance(folder.spec.source, SqlSource):
        database = Database(SqlSettings().address(folder.spec.source.connection))
        return TableSource(folder.spec.source, database, Lake(settings.lake), f"{folder.name}/raw")
    return FolderSource(settings.landing / folder.name, folder.spec.source.pattern)

"""The source that a model's specification names."""

from platform_assets.data.sources.folder import FolderSource
from platform_assets.data.sources.port import Source
from platform_assets.folder import ModelFolder
from resources.settings import Settings


def source_of(folder: ModelFolder, settings: Settings) -> Source:
    """Where the deliveries of a model come from."""
    return FolderSource(settings.landing / folder.name, folder.spec.source.pattern)

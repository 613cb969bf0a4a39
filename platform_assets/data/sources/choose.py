"""Which source a model has, by the location that its `defs.yaml` names."""

from pathlib import Path

from platform_assets.data.sources.bucket import BucketSource
from platform_assets.data.sources.folder import FolderSource
from platform_assets.data.sources.port import Source
from platform_assets.errors import SpecError
from platform_assets.folder import ModelFolder
from resources.object_store import SCHEME
from resources.settings import Settings, load_aws_settings


def source_of(folder: ModelFolder, settings: Settings) -> Source:
    """The source of a model's deliveries; a relative folder is one of the state folder.

    Raises
    ------
    SpecError
        If the location is an address of a kind that is not known here.
    """
    location, pattern = folder.spec.source.location, folder.spec.source.pattern
    if location.startswith(SCHEME):
        return BucketSource(location, pattern, load_aws_settings())
    if "://" in location:
        raise SpecError(
            f"{folder.name}/defs.yaml: source.location: got {location!r}, "
            "expected a folder or s3://bucket/prefix"
        )
    if not location:
        return FolderSource(settings.landing / folder.name, pattern)
    return FolderSource(settings.home / Path(location).expanduser(), pattern)

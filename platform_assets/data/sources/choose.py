"""Which source a model has, by what its `defs.yaml` says of it."""

from platform_assets.data.sources.bucket import BucketSource
from platform_assets.data.sources.folder import FolderSource
from platform_assets.data.sources.port import Source
from platform_assets.data.sources.table import TableSource
from platform_assets.errors import SpecError
from platform_assets.folder import ModelFolder
from platform_assets.spec.source import Source as FileSource
from platform_assets.spec.source import SqlSource
from platform_assets.wiring import build_lake
from resources.object_store import SCHEME
from resources.settings import Settings, SqlSettings, load_aws_settings
from resources.sql import Database


def source_of(folder: ModelFolder, settings: Settings) -> Source:
    """The source of a model's deliveries."""
    return source_at(folder.name, folder.spec.source, settings)


def source_at(model: str, spec: FileSource | SqlSource, settings: Settings) -> Source:
    """The same for a model that is not loaded.

    Raises
    ------
    SpecError
        If the location is an address of a kind that is not known here.
    """
    if isinstance(spec, SqlSource):
        database = Database(SqlSettings().address(spec.connection))
        return TableSource(spec, database, build_lake(settings), f"{model}/raw")
    if spec.location.startswith(SCHEME):
        return BucketSource(spec.location, spec.pattern, load_aws_settings())
    if "://" in spec.location:
        raise SpecError(
            f"{model}/defs.yaml: source.location: got {spec.location!r}, "
            "expected a folder or s3://bucket/prefix"
        )
    return FolderSource(settings.landing_of(model, spec.location), spec.pattern)

"""A lake as the platform wires it, wherever it is: in this process and in others."""

import pyarrow.fs as pafs

from resources.lake import Lake
from resources.object_store import lake_options
from resources.settings import AwsSettings


def lake_at(root: str) -> Lake:
    return Lake(root, lake_options(root, AwsSettings()))


def stored(lake: Lake, name: str) -> dict[str, bytes]:
    """Every file of a table with its content, files of the log too."""
    store = lake.store(name)
    found = store.get_file_info(pafs.FileSelector("", recursive=True))
    paths = [one.path for one in found if one.type is pafs.FileType.File]
    return {path: store.open_input_file(path).read() for path in paths}

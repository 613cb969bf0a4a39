"""A lake as the platform wires it, wherever it is: in this process and in others."""

from resources.lake import Lake
from resources.object_store import lake_options
from resources.settings import AwsSettings


def lake_at(root: str) -> Lake:
    return Lake(root, lake_options(root, AwsSettings()))

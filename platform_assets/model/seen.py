"""Which registered model versions learned from, or were judged on, the rows of a person."""

from dataclasses import dataclass

import polars as pl

from platform_assets.data.subject import Subject
from resources.errors import LakeError
from resources.lake import Lake
from resources.registry import Registry, Version

TRAINING_SET, CLEANED = "slipway.training_set_version", "slipway.cleaned_version"


@dataclass(frozen=True)
class Sighting:
    """A model version, and how many of the rows its training set had; None: it is gone."""

    version: str
    digest: str
    training_set: int
    rows: int | None


def sightings(lake: Lake, registry: Registry, model: str, subject: Subject) -> list[Sighting]:
    """The versions that saw such rows, or of which it cannot be told any more, newest first."""
    versions = [one for one in registry.versions(model) if TRAINING_SET in one.tags]
    named = {int(one.tags[TRAINING_SET]) for one in versions}
    rows = {version: _rows(lake, f"{model}/training_set", version, subject) for version in named}
    found = [_sighting(one, rows) for one in versions]
    return [one for one in found if one.rows != 0]


def named_versions(versions: list[Version], tag: str) -> set[int]:
    """The table versions that registered models name under a tag."""
    return {int(one.tags[tag]) for one in versions if tag in one.tags}


def _sighting(one: Version, rows: dict[int, int | None]) -> Sighting:
    version = int(one.tags[TRAINING_SET])
    return Sighting(one.version, one.digest, version, rows[version])


def _rows(lake: Lake, name: str, version: int, subject: Subject) -> int | None:
    column = subject.column.name
    try:
        values = lake.read(name, version, [column]).column(0).combine_chunks()
    except LakeError:
        return None
    return int(subject.typed(pl.Series(pl.from_arrow(values))).sum())

"""Models that wait until others are healthy in the same environment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gitops.errors import ManifestInvalid
from gitops.manifest import ReleaseManifest

DependsOn = Callable[[str], Sequence[str]]


@dataclass(frozen=True)
class Dependency:
    """Another model of the same environment, and whether what git says of it is proven."""

    model: str
    healthy: bool


def refuse_ring(manifest: ReleaseManifest, depends_on: DependsOn) -> None:
    """ManifestInvalid if a model waits for itself, by way of others."""
    ring = cycle(manifest.model, depends_on)
    if ring:
        way = " -> ".join(ring)
        raise ManifestInvalid(manifest.path, "depends-on", way, "models that wait in no ring")


def cycle(model: str, depends_on: DependsOn) -> tuple[str, ...]:
    """The way from a model back to itself, empty if there is none."""
    ways: list[tuple[str, ...]] = [(model,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for other in depends_on(way[-1]):
            if other == model:
                return (*way, other)
            if other not in seen:
                seen.add(other)
                ways.append((*way, other))
    return ()

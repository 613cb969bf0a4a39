"""`MODEL@VERSION` on a command line: a number, an alias, or the beginning of a digest."""

import re
from collections.abc import Mapping, Sequence

from platform_assets.cli.errors import UnknownVersion
from platform_assets.cli.models import require_model
from resources.registry import Registry, Version

_DIGEST = re.compile("(sha256:)?([0-9a-f]{7,64})")


def find(registry: Registry, name: str) -> Version:
    """The model version that a person names.

    Raises
    ------
    UnknownModel, UnknownVersion
        With what there is instead.
    """
    model, _, wanted = name.partition("@")
    versions = registry.versions(model)
    if not versions:
        require_model(model)
    found = matching(versions, registry.aliases(model), wanted)
    if len(found) != 1:
        raise UnknownVersion(model, wanted, len(found), [one.version for one in versions])
    return found[0]


def matching(
    versions: Sequence[Version], aliases: Mapping[str, str], wanted: str
) -> Sequence[Version]:
    """Those that `wanted` may mean: by number, else by alias, else by digest."""
    number = aliases.get(wanted, wanted)
    numbered = [one for one in versions if one.version == number]
    digest = _DIGEST.fullmatch(wanted)
    if numbered or not digest:
        return numbered
    return [one for one in versions if one.digest.startswith(f"sha256:{digest.group(2)}")]

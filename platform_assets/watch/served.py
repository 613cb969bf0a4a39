"""A version that answered: what its bundle and the registry say of it, as monitors need it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from platform_assets.folder import ModelFolder
from platform_assets.ml.intervals import Interval
from platform_assets.model.audit import CODE_VERSION, REPORT_KEY
from platform_assets.model.evaluation_report import JUDGEMENT, KIND
from platform_assets.model.seen import CLEANED
from resources.artifacts import Artifacts
from resources.errors import ArtifactError
from resources.registry import Registry
from serving.bundle import Bundle, open_bundle
from serving.errors import BundleError
from serving.signature import Signature


@dataclass(frozen=True)
class Served:
    """What a version promised: its signature, drift reference and lock.

    `holdout` is its metric on the holdout, `cleaned` the version of the table it learned from and
    `code` that of its folder; each is None where nothing tells it any more.
    """

    signature: Signature
    reference: Mapping[str, Any]
    lock: str | None
    holdout: Interval | None
    cleaned: int | None
    code: str | None


def served(
    folder: ModelFolder, artifacts: Artifacts, registry: Registry, digest: str
) -> Served | None:
    """What is known of a bundle; None if the bundle is gone, and nothing can be compared."""
    try:
        bundle = open_bundle(artifacts.bundle_folder(folder.name, digest), digest)
    except BundleError:
        return None
    version = registry.find_version(folder.name, digest)
    tags = version.tags if version else {}
    return told(bundle, tags, _holdout(folder, artifacts, tags.get(REPORT_KEY)))


def told(bundle: Bundle, tags: Mapping[str, str], holdout: Interval | None) -> Served:
    """What a bundle and the tags of its version say."""
    cleaned = tags.get(CLEANED)
    return Served(
        signature=bundle.signature,
        reference=bundle.reference,
        lock=bundle.environment.get("lock"),
        holdout=holdout,
        cleaned=None if cleaned is None else int(cleaned),
        code=tags.get(CODE_VERSION),
    )


def _holdout(folder: ModelFolder, artifacts: Artifacts, key: str | None) -> Interval | None:
    if key is None:
        return None
    try:
        found = json.loads(artifacts.load(KIND, folder.name, key, JUDGEMENT))
    except ArtifactError:
        return None
    for one in found["figures"]:
        if one["metric"] == folder.spec.metric and None not in (one["low"], one["high"]):
            return Interval(one["value"], one["low"], one["high"])
    return None

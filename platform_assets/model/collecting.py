"""Old candidates and what belongs to them: looked through, and let go of as a plan says."""

import json
from collections import Counter

from gitops.forge import Forge
from gitops.needed import needed
from platform_assets.folder import ModelFolder
from platform_assets.model.retention import (
    BUNDLES,
    DAY,
    ENTRIES,
    KINDS,
    LATENCIES,
    REPORTS,
    Limits,
    Plan,
    Stored,
    plan,
)
from resources import latency_record
from resources.artifacts import Artifacts, Found
from resources.errors import ArtifactError
from resources.registry import Registry

NOTES = {
    ENTRIES: ("entry.json", "digest"),
    REPORTS: ("judgement.json", "bundle_digest"),
    LATENCIES: (latency_record.NAME, "digest"),
}


def planned(folder: ModelFolder, forge: Forge, registry: Registry, artifacts: Artifacts) -> Plan:
    """What could go now.

    Raises
    ------
    GitopsError
        If git cannot be read: nobody knows what is needed then.
    """
    asked = folder.spec.retention
    return plan(
        survey(artifacts, folder.name),
        registry.versions(folder.name),
        registry.aliases(folder.name),
        needed(forge, folder.name, asked.promotions),
        Limits(asked.candidates, asked.days),
    )


def survey(artifacts: Artifacts, model: str) -> list[Stored]:
    """Every folder that is stored for a model."""
    return [
        Stored(kind, one.key, _digest(artifacts, kind, model, one), one.idle, one.size)
        for kind in KINDS
        for one in artifacts.stored(kind, model)
    ]


def collect(
    model: str, chosen: Plan, registry: Registry, artifacts: Artifacts, days: float
) -> list[Stored]:
    """Let go of what a plan names; returns the folders that went.

    Versions go first, then what leads to bundles, then bundles; broken off, the next pass goes on.
    A folder that was used since the plan was made stays.
    """
    for version in chosen.versions:
        registry.delete_version(model, version.version)
    for run in chosen.runs:
        registry.delete_run(run)
    return [one for one in chosen.folders if artifacts.remove(one.kind, model, one.key, days * DAY)]


def told(chosen: Plan, gone: list[Stored]) -> dict[str, int | str]:
    """What the UI shows of a pass: what went, and why the rest stayed."""
    counts = Counter(one.kind for one in gone)
    reasons = Counter(chosen.kept.values())
    return {
        "collected": ", ".join(
            [f"{len(chosen.versions)} versions", *(f"{counts[kind]} {kind}" for kind in KINDS)]
        ),
        "collected_bytes": sum(one.size for one in gone),
        "kept_bundles": "; ".join(f"{reason}: {count}" for reason, count in reasons.most_common()),
    }


def _digest(artifacts: Artifacts, kind: str, model: str, one: Found) -> str | None:
    if kind == BUNDLES:
        return f"sha256:{one.key}"
    if kind not in NOTES:
        return None
    file, name = NOTES[kind]
    try:
        digest: str | None = json.loads(artifacts.load(kind, model, one.key, file)).get(name)
    except ArtifactError:
        return None
    return digest

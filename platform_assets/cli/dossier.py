"""All that is known of a model version: what it says of itself, its figures, where it was live."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from gitops.record import DeploymentRecord
from platform_assets.model import audit
from platform_assets.model.candidate_model import CODE
from platform_assets.model.seen import CLEANED, TRAINING_SET
from resources.registry import Version

Change = tuple[str, str, str]
NOTHING = "-"
_INCIDENTAL = ("report", "search took_seconds")


@dataclass(frozen=True)
class Stay:
    """A time for which a version was proven in an environment; `until` is None while it lasts."""

    environment: str
    since: str
    until: str | None


@dataclass(frozen=True)
class Dossier:
    """One version; what it does not know of itself is missing from `said`.

    `figures` are those of its newest report, by metric: `value`, `low`, `high`.
    """

    model: str
    version: str
    digest: str
    aliases: tuple[str, ...]
    run: str
    said: Mapping[str, str]
    parameters: Mapping[str, Any]
    search: Mapping[str, Any]
    environment: Mapping[str, str]
    figures: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    live: tuple[Stay, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


SAID = {
    "verdict": audit.VERDICT,
    "training set version": TRAINING_SET,
    "training set id": audit.TABLE,
    "cleaned version": CLEANED,
    "deliveries": audit.DELIVERED,
    "code commit": CODE,
    "code of the folder": audit.CODE_VERSION,
    "runtime": audit.RUNTIME,
    "candidate": audit.CANDIDATE,
    "report": audit.REPORT,
}


def dossier(
    version: Version,
    aliases: Mapping[str, str],
    records: Iterable[DeploymentRecord] = (),
    judgement: Mapping[str, Any] | None = None,
) -> Dossier:
    """Put together what the registry, git and the report say."""
    tags = version.tags
    figures = judgement["figures"] if judgement else ()
    return Dossier(
        model=version.model,
        version=version.version,
        digest=version.digest,
        aliases=tuple(sorted(name for name, one in aliases.items() if one == version.version)),
        run=version.run_id,
        said={name: tags[tag] for name, tag in SAID.items() if tag in tags},
        parameters=_json(tags.get(audit.PARAMETERS)),
        search=_json(tags.get(audit.SEARCH)),
        environment=_json(tags.get(audit.ENVIRONMENT)),
        figures={
            one["metric"]: {name: one[name] for name in ("value", "low", "high")} for one in figures
        },
        live=tuple(stay for one in records for stay in stays(one, version.digest)),
    )


def stays(record: DeploymentRecord, digest: str) -> list[Stay]:
    """When a digest was live and proven, oldest first; the record keeps the last 100 proofs."""
    found: list[Stay] = []
    proofs = record.proofs
    for number, proof in enumerate(proofs):
        began = number == 0 or proofs[number - 1].digest != proof.digest
        if proof.digest != digest or not began:
            continue
        after = (one.since for one in proofs[number:] if one.digest != digest)
        found.append(Stay(record.environment, proof.since, next(after, None)))
    return found


def changes(one: Dossier, other: Dossier) -> Sequence[Change]:
    """Name and both values of everything that went into them and is not the same."""
    ours, theirs = _facts(one), _facts(other)
    names = [*ours, *(name for name in theirs if name not in ours)]
    pairs = ((name, ours.get(name, NOTHING), theirs.get(name, NOTHING)) for name in names)
    return [pair for pair in pairs if pair[1] != pair[2]]


def same_rows(one: Dossier, other: Dossier) -> bool:
    """Whether both were judged on one holdout, so that their figures can be compared."""
    names = ("training set version", "training set id")
    return all(one.said.get(name) == other.said.get(name) for name in names)


def details(one: Dossier) -> dict[str, str]:
    """Parameters, search and environment as words, each under its section."""
    sections = {
        "parameter": one.parameters,
        "search": one.search,
        "environment": one.environment,
    }
    return {
        f"{section} {name}": value if isinstance(value, str) else json.dumps(value)
        for section, values in sections.items()
        for name, value in values.items()
    }


def _facts(one: Dossier) -> dict[str, str]:
    found = {"digest": one.digest, **one.said, **details(one)}
    return {name: value for name, value in found.items() if name not in _INCIDENTAL}


def _json(text: str | None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text) if text else {}
    return found

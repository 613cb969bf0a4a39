"""The candidates of a model, the newest first: what was registered, and how it was judged."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from platform_assets.errors import NotMaterialized
from platform_assets.folder import ModelFolder
from platform_assets.lineage import Materialized, latest, newest
from platform_assets.release.asking import tags_of

# How many registrations are looked through for one that waits its turn.
LOOKED_BACK = 10


@dataclass(frozen=True)
class Candidate:
    """What its registry entry and evaluation report say.

    `asked` are the tags of the run that registered it, `trained` those of the run that trained it.
    """

    entry: Mapping[str, Any]
    report: Mapping[str, Any]
    asked: Mapping[str, str]
    trained: Mapping[str, str]

    @property
    def digest(self) -> str:
        digest: str = self.entry["bundle_digest"]
        return digest


def candidates(instance: dg.DagsterInstance, folder: ModelFolder) -> Iterator[Candidate]:
    """The newest, then older ones whose report is still known, each bundle once.

    Raises
    ------
    NotMaterialized
        If there is no candidate, or the newest was never judged.
    """
    entry = latest(instance, folder.key("registry_entry"))
    yield Candidate(
        entry,
        latest(instance, folder.key("evaluation_report")),
        tags_of(instance, folder.key("registry_entry")),
        tags_of(instance, folder.key("candidate_model")),
    )
    seen = {entry["bundle_digest"]}
    reports = newest(instance, folder.key("evaluation_report"), LOOKED_BACK)
    for older in newest(instance, folder.key("registry_entry"), LOOKED_BACK):
        report = _report_on(older, reports)
        if report and older.told["bundle_digest"] not in seen:
            seen.add(older.told["bundle_digest"])
            tags = older.tags(instance)
            yield Candidate(older.told, report.told, tags, tags)


def named(instance: dg.DagsterInstance, folder: ModelFolder, digest: str) -> Candidate:
    """The candidate of a bundle, the newest if none is named; NotMaterialized if it is unknown."""
    for one in candidates(instance, folder):
        if digest in ("", one.digest):
            return one
    raise NotMaterialized(f"{folder.key('registry_entry').to_user_string()} of {digest}")


def _report_on(entry: Materialized, reports: list[Materialized]) -> Materialized | None:
    key = entry.told.get("candidate_key")
    return next((one for one in reports if key and one.told.get("candidate_key") == key), None)

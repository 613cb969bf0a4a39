"""What of a model's old versions can go: decided from what is stored and what is needed. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from platform_assets.model.audit import CANDIDATE
from resources import latency_record
from resources.registry import Version

BUNDLES, CANDIDATES, ENTRIES, REPORTS = "bundles", "candidates", "entries", "reports"
LATENCIES = latency_record.KIND
# In this order: what leads to a bundle goes before the bundle, so that nothing leads nowhere.
KINDS = (LATENCIES, ENTRIES, REPORTS, CANDIDATES, BUNDLES)
DAY = 24 * 3600.0


@dataclass(frozen=True)
class Limits:
    """How many of the newest versions stay, and for how many days everything does."""

    candidates: int
    days: float


@dataclass(frozen=True)
class Stored:
    """One folder: its kind, its key, the bundle it is about (None: unknown or none), its weight.

    `idle` are the seconds since it was last used.
    """

    kind: str
    key: str
    digest: str | None
    idle: float
    size: int


@dataclass(frozen=True)
class Plan:
    """What stays, by digest with the reason, and what goes, in the order in which it goes."""

    kept: Mapping[str, str]
    versions: Sequence[Version] = ()
    folders: Sequence[Stored] = ()
    runs: Sequence[str] = field(default=())

    @property
    def size(self) -> int:
        return sum(one.size for one in self.folders)


def plan(
    stored: Sequence[Stored],
    versions: Sequence[Version],
    aliases: Mapping[str, str],
    needed: Mapping[str, str],
    limits: Limits,
) -> Plan:
    """Decide what goes.

    `versions` are the registered ones, newest first; `needed` are the digests that git names, each
    with its reason. A run goes when no version that stays came from it.
    """
    kept = _kept(stored, versions, aliases, needed, limits)
    staying = [one for one in versions if one.digest in kept]
    going = [one for one in versions if one.digest not in kept]
    trained = {one.tags.get(CANDIDATE) for one in staying}
    folders = [one for one in stored if not _stays(one, kept, trained, limits)]
    runs = dict.fromkeys(one.run_id for one in going)
    used = {one.run_id for one in staying}
    return Plan(
        kept=kept,
        versions=going,
        folders=sorted(folders, key=lambda one: (KINDS.index(one.kind), one.key)),
        runs=[run for run in runs if run not in used],
    )


def _kept(
    stored: Sequence[Stored],
    versions: Sequence[Version],
    aliases: Mapping[str, str],
    needed: Mapping[str, str],
    limits: Limits,
) -> dict[str, str]:
    found = dict(needed)
    for alias, number in aliases.items():
        for one in versions:
            if one.version == number:
                found.setdefault(one.digest, f"alias {alias}")
    for one in versions[: limits.candidates]:
        found.setdefault(one.digest, f"among the newest {limits.candidates} versions")
    for folder in stored:
        if folder.digest and _fresh(folder, limits):
            found.setdefault(folder.digest, f"used within {limits.days:g} days")
    return found


def _stays(one: Stored, kept: Mapping[str, str], trained: set[str | None], limits: Limits) -> bool:
    if _fresh(one, limits):
        return True
    return one.key in trained if one.kind == CANDIDATES else one.digest in kept


def _fresh(one: Stored, limits: Limits) -> bool:
    return one.idle < limits.days * DAY

"""What is wanted, what is live and what waits, gathered without changing anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gitops.conditions import Blocked, outcome_to_dict
from gitops.errors import FileInvalid, RuntimeUnavailable
from gitops.facts import targets
from gitops.forge import Commit, Forge, Promotion
from gitops.holds import Hold, read_holds
from gitops.manifest import ReleaseManifest, manifest_path, parse, route_prefix
from gitops.policy import load_policy
from gitops.record import DeploymentRecord
from gitops.runtime import Beside, LiveModel, Runtime
from gitops.suspension import Suspension, read_suspension

Document = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """One model in one environment, as git, the record and the endpoint tell it.

    `asked` says whether the running system could be asked at all, `invalid` why the manifest
    cannot be used.
    """

    environment: str
    model: str
    commit: Commit | None = None
    manifest: ReleaseManifest | None = None
    record: DeploymentRecord | None = None
    live: LiveModel | None = None
    promotion: Promotion | None = None
    holds: tuple[Hold, ...] = ()
    suspension: Suspension | None = None
    asked: bool = True
    invalid: str = ""

    @property
    def health(self) -> str:
        """One word: healthy, unverified, outdated, blocked, down, absent, invalid or unknown."""
        if self.invalid:
            return "invalid"
        if self.manifest is None:
            return "absent"
        if not self.asked:
            return "unknown"
        answers = self.live is not None and self.live.ready
        if answers and self.live and self.live.digest == self.manifest.bundle_digest:
            return "healthy" if self._proven else "unverified"
        if self.record and isinstance(self.record.outcome, Blocked):
            return "blocked"
        return "outdated" if answers else "down"

    @property
    def _proven(self) -> bool:
        return bool(self.record and self.commit and self.record.healthy == self.commit.revision)

    def to_dict(self) -> Document:
        """The form of `status --json`."""
        record = self.record or DeploymentRecord(self.environment, self.model)
        return {
            "health": self.health,
            "reason": self.invalid or (record.outcome.message if record.outcome else ""),
            "outcome": outcome_to_dict(record.outcome) if record.outcome else None,
            "conditions": [one.to_dict() for one in record.conditions],
            "desired": _desired(self.manifest, self.commit),
            "live": _live(self.live),
            "since": record.since or None,
            "proven": {"digest": record.digest, "version": record.version, "commit": record.healthy}
            if record.healthy
            else None,
            "checks": [one.to_dict() | {"sentence": one.sentence()} for one in record.verdicts],
            "promotion": promotion_to_dict(self.promotion) if self.promotion else None,
            "suspended": self.suspension.reason if self.suspension else None,
            "held": [{"digest": one.digest, "reason": one.reason} for one in self.holds],
            "path": manifest_path(self.environment, self.model),
        }


class Overview:
    """Looks at everything once; the models in `folders` are shown even where git has none."""

    def __init__(self, forge: Forge, runtime: Runtime, folders: Sequence[str]) -> None:
        self._forge, self._runtime, self._folders = forge, runtime, folders
        self._head = forge.head()
        self._open = forge.promotions("open")
        self._asked = _answers(runtime)

    def places(self) -> list[Place]:
        """Each model in each environment, models by name, environments as the policy orders."""
        environments = load_policy(self._forge, self._head).names
        models = {model for _, model in targets(self._forge)} | set(self._folders)
        return [self._place(name, model) for model in sorted(models) for name in environments]

    def _place(self, environment: str, model: str) -> Place:
        path = manifest_path(environment, model)
        text = self._forge.read(path, self._head)
        commit = self._forge.last_change(path, self._head)
        record = self._forge.read_record(environment, model)
        waiting = [
            one for one in self._open if (one.environment, one.model) == (environment, model)
        ]
        promotion = waiting[-1] if waiting else None
        try:
            manifest = parse(text, path) if text is not None else None
            holds = read_holds(self._forge, environment, model, self._head)
            suspension = read_suspension(self._forge, environment, model, self._head)
        except FileInvalid as error:
            return Place(
                environment, model, commit, None, record, promotion=promotion, invalid=str(error)
            )
        return Place(
            environment,
            model,
            commit,
            manifest,
            record,
            self._runtime.live(route_prefix(environment, model)) if self._asked else None,
            promotion,
            holds,
            suspension,
            asked=self._asked,
        )


def promotion_to_dict(promotion: Promotion) -> Document:
    """The form of `promotions --json`."""
    return {
        "number": promotion.number,
        "state": promotion.state,
        "environment": promotion.environment,
        "model": promotion.model,
        "digest": promotion.bundle_digest,
        "title": promotion.title,
        "branch": promotion.branch,
        "commit": promotion.commit,
        "opened": promotion.opened,
        "not_passed": promotion.not_passed(),
        "reason": promotion.reason or None,
        "approver": promotion.approver or None,
        "merged_as": promotion.merged_as or None,
    }


def _answers(runtime: Runtime) -> bool:
    try:
        runtime.observe()
    except RuntimeUnavailable:
        return False
    return True


def _desired(manifest: ReleaseManifest | None, commit: Commit | None) -> Document | None:
    if manifest is None:
        return None
    return {
        "digest": manifest.bundle_digest,
        "version": manifest.model_version,
        "data_version": manifest.data_version,
        "evaluation_run": manifest.evaluation_run,
        "previous_digest": manifest.previous_digest,
        "commit": commit.revision if commit else None,
        "committed": commit.time if commit else None,
        "subject": commit.subject if commit else None,
    }


def _live(live: LiveModel | None) -> Document | None:
    if live is None:
        return None
    refused = live.refused
    return {
        "ready": live.ready,
        "digest": live.digest,
        "version": live.version,
        "since": live.since,
        "refused": {"digest": refused.digest, "reason": refused.reason} if refused else None,
        "candidate": _candidate(live.beside),
    }


def _candidate(beside: Beside | None) -> Document | None:
    if beside is None:
        return None
    requests = beside.figures.requests
    return {"digest": beside.digest, "weight": beside.weight, "requests": requests}

"""What was tried and what was proven, per environment and model: the reconciler's only memory."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from gitops.conditions import Outcome, Verdict, outcome_from_dict, outcome_to_dict
from gitops.errors import RecordInvalid
from gitops.standing import Condition

PROOFS_KEPT = 100


@dataclass(frozen=True)
class Proof:
    """One revision that was proven healthy. `digest` is empty where git named no manifest."""

    revision: str
    digest: str
    version: str
    since: str


@dataclass(frozen=True)
class DeploymentRecord:
    """The memory of one environment and model.

    `attempted`, `applied` and `healthy` are commits on main that last touched the manifest: begun,
    handed to the running system, proven. `failed` is the last attempt that ended badly: an
    attempted revision that is neither healthy nor failed is still under way. `digest` and
    `version` are those of `healthy`, live since `since` (ISO 8601, UTC). `proofs` is the history
    of healthy revisions, newest last. `conditions` say the outcome in Kubernetes' words; `retries`
    counts passes in a row that ended retry-after for the same reason, the next due at `retry_at`.
    `step` is how many steps of its canary `attempted` has passed, the present one begun at
    `step_since`, when the candidate was first seen to serve at its share (empty before that).
    """

    environment: str
    model: str
    attempted: str | None = None
    applied: str | None = None
    healthy: str | None = None
    failed: str | None = None
    digest: str = ""
    version: str = ""
    since: str = ""
    step: int = 0
    step_since: str = ""
    verdicts: tuple[Verdict, ...] = ()
    outcome: Outcome | None = None
    proofs: tuple[Proof, ...] = field(default=())
    conditions: tuple[Condition, ...] = ()
    retries: int = 0
    retry_at: str = ""

    @property
    def observed(self) -> str:
        """The revision that the outcome is about; empty before the first."""
        return self.conditions[0].revision if self.conditions else ""

    @property
    def failure(self) -> str:
        """Why the last attempt failed, in one line."""
        sentences = [verdict.sentence() for verdict in self.verdicts if not verdict.passed]
        return "; ".join(sentences) or "no verdict is on record"

    def under_way(self, revision: str) -> bool:
        """Was `revision` begun without an end on record?"""
        return self.attempted == revision and revision not in (self.healthy, self.failed)

    def proven(self, digest: str) -> Proof | None:
        """The latest proof of a digest in this environment."""
        return next((proof for proof in reversed(self.proofs) if proof.digest == digest), None)

    def before(self, digest: str) -> Proof | None:
        """The latest proof of another digest than this one."""
        return next(
            (proof for proof in reversed(self.proofs) if proof.digest not in (digest, "")), None
        )

    def with_proof(
        self, revision: str, digest: str, version: str, now: str, verdicts: tuple[Verdict, ...]
    ) -> "DeploymentRecord":
        """The record after `revision` was proven; `since` moves only with the digest."""
        since = self.since if self.healthy and self.digest == digest else now
        proof = Proof(revision, digest, version, now)
        return replace(
            self,
            healthy=revision,
            digest=digest,
            version=version,
            since=since,
            verdicts=verdicts,
            proofs=(*self.proofs, proof)[-PROOFS_KEPT:],
        )

    def to_json(self) -> str:
        """Canonical: the same record always gives the same text."""
        fields = asdict(replace(self, outcome=None))
        if self.outcome is not None:
            fields["outcome"] = outcome_to_dict(self.outcome)
        return json.dumps(fields, sort_keys=True, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "DeploymentRecord":
        """RecordInvalid for a text that this version does not write."""
        try:
            return cls(**_parsed(json.loads(text)))
        except (ValueError, KeyError, TypeError) as error:
            raise RecordInvalid(text, f"{type(error).__name__}: {error}") from error


def _parsed(fields: Mapping[str, Any]) -> dict[str, Any]:
    outcome = fields["outcome"]
    return {
        **fields,
        "verdicts": tuple(Verdict.from_dict(item) for item in fields["verdicts"]),
        "outcome": None if outcome is None else outcome_from_dict(outcome),
        "proofs": tuple(Proof(**item) for item in fields["proofs"]),
        "conditions": tuple(Condition(**item) for item in fields.get("conditions", ())),
    }

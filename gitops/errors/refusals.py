"""A change of what is live, or of how it is treated, that may not be written to git."""

import math
from datetime import datetime, timedelta

from gitops.errors.root import GitopsError


class PromotionRefused(GitopsError):
    """A release that may not be written to git."""


class EvidenceMismatch(PromotionRefused):
    def __init__(self, field: str, got: str, expected: str) -> None:
        super().__init__(
            f"the evidence has {field} {got!r}, the manifest {expected!r}; "
            "evaluate the candidate again"
        )
        self.field, self.got, self.expected = field, got, expected


class GateNotPassed(PromotionRefused):
    def __init__(self, model: str, digest: str, check: str, message: str) -> None:
        super().__init__(f"{model} {digest[:19]} is not promoted: gate {check!r} {message}")
        self.model, self.digest, self.check = model, digest, check


class DigestHeld(PromotionRefused):
    def __init__(self, environment: str, model: str, digest: str, reason: str) -> None:
        super().__init__(
            f"{model} {digest[:19]} is held in {environment}: {reason}; "
            f"let it go: slipway hold {model} --env {environment} --digest {digest} --lift"
        )
        self.environment, self.model, self.digest, self.reason = environment, model, digest, reason


class EarlierNotHealthy(PromotionRefused):
    def __init__(self, environment: str, model: str, digest: str, earlier: str) -> None:
        super().__init__(
            f"{model} {digest[:19]} may not go to {environment} before it was healthy in "
            f"{earlier}; show both: slipway status"
        )
        self.environment, self.model, self.digest, self.earlier = (
            environment,
            model,
            digest,
            earlier,
        )


class StillSoaking(PromotionRefused):
    def __init__(
        self, environment: str, model: str, digest: str, earlier: str, left: timedelta
    ) -> None:
        super().__init__(
            f"{model} {digest[:19]} may not go to {environment} yet: it must stay healthy in "
            f"{earlier} for another {brief(left)}; show both: slipway status"
        )
        self.environment, self.model, self.digest = environment, model, digest
        self.earlier, self.left = earlier, left


class EnvironmentFrozen(PromotionRefused):
    def __init__(self, environment: str, model: str, reason: str, until: datetime) -> None:
        super().__init__(
            f"{environment} is frozen until {until.isoformat(timespec='minutes')} ({reason}); "
            f"try again then; what is live can be taken back at any time: "
            f"slipway rollback {model} --env {environment}"
        )
        self.environment, self.model, self.reason, self.until = environment, model, reason, until


class CommitUnsigned(PromotionRefused):
    def __init__(self, what: str, revision: str, problem: str) -> None:
        commit = f"{revision[:12]} " if revision else ""
        super().__init__(
            f"{what}: the policy wants signed commits, and {commit}{problem}; let somebody commit "
            "it again who may sign (git commit -S); who may: SLIPWAY_GITOPS_SIGNERS_FILE, "
            "or the git host's verified keys"
        )
        self.what, self.revision, self.problem = what, revision, problem


class RollbackRefused(GitopsError):
    """Nothing that could or should be restored."""


class NothingToRestore(RollbackRefused):
    def __init__(self, environment: str, model: str, wanted: str) -> None:
        super().__init__(
            f"{model} in {environment}: {wanted}; "
            f"name a revision: slipway rollback {model} --env {environment} --to REVISION"
        )
        self.environment, self.model = environment, model


class AlreadyRolledBack(RollbackRefused):
    def __init__(self, environment: str, model: str, revision: str) -> None:
        super().__init__(
            f"{model} in {environment}: {revision[:12]} is a rollback itself; to go further back "
            f"name the revision: slipway rollback {model} --env {environment} --to REVISION"
        )
        self.environment, self.model, self.revision = environment, model, revision


class NotHeld(GitopsError):
    def __init__(self, environment: str, model: str, digest: str) -> None:
        super().__init__(f"{model} {digest[:19]} is not held in {environment}; nothing to lift")
        self.environment, self.model, self.digest = environment, model, digest


class NotSuspended(GitopsError):
    def __init__(self, environment: str, model: str) -> None:
        super().__init__(f"{model} is not suspended in {environment}; nothing to resume")
        self.environment, self.model = environment, model


class NothingToPrune(GitopsError):
    def __init__(self, environment: str) -> None:
        super().__init__(
            f"{environment} waits for no confirmation: git names a manifest there, or nothing "
            "is served that it does not name; show both: slipway status"
        )
        self.environment = environment


class NotifierUnknown(GitopsError):
    def __init__(self, number: int) -> None:
        super().__init__(
            f"SLIPWAY_NOTIFY_URLS: address {number} is none that apprise knows, "
            "expected e.g. slack://…, mailto://… or json://host"
        )
        self.number = number


def brief(length: timedelta) -> str:
    """A length of time in its two largest units, rounded up to seconds, e.g. `1 h 30 min`."""
    seconds = max(1, math.ceil(length.total_seconds()))
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        number, seconds = divmod(seconds, size)
        if number:
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2])

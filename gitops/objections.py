"""What speaks against something new, or against taking something away, though git says so."""

from gitops.conditions import Blocked, Outcome, Reason, RetryAfter, Settled
from gitops.known import Facts
from gitops.manifest import ReleaseManifest

DEPENDENCY_DELAY = 15.0
EARLIER_DELAY = 60.0


def objection_to_release(facts: Facts, manifest: ReleaseManifest) -> Outcome | None:
    """Why a revision that was never tried is not begun now; None if nothing speaks against it."""
    digest12, model = manifest.bundle_digest[7:19], manifest.model
    if facts.hold:
        return Blocked(
            Reason.HELD,
            f"{digest12} is held: {facts.hold.reason}; let it go: slipway hold {model} "
            f"--env {manifest.environment} --digest {manifest.bundle_digest} --lift",
        )
    for earlier in facts.earlier:
        if earlier.held:
            return Blocked(Reason.HELD_EARLIER, f"{digest12} is held in {earlier.name}")
    for earlier in facts.earlier:
        if not earlier.proven:
            message = f"{digest12} was not healthy in {earlier.name} yet"
            return RetryAfter(Reason.AWAITING_EARLIER, message, EARLIER_DELAY)
    waited_for = [one.model for one in facts.around.dependencies if not one.healthy]
    if waited_for:
        message = f"{', '.join(waited_for)} not healthy in {manifest.environment} yet"
        return RetryAfter(Reason.AWAITING_DEPENDENCY, message, DEPENDENCY_DELAY)
    return facts.waiting


def objection_to_removal(facts: Facts) -> Outcome | None:
    """Why what git names no more is left alone; None if nothing speaks against its removal."""
    desired = facts.desired
    if not facts.around.pace.prune:
        message = f"git names no manifest since {desired.revision[:12]}; the policy keeps it"
        return Settled(Reason.NOT_PRUNED, message)
    if not facts.around.emptied or desired.restores:
        return None
    return Blocked(
        Reason.EMPTIED,
        f"git names no manifest in {desired.environment} any more; put them back by a commit, or "
        f"confirm: slipway prune --env {desired.environment} --confirm",
    )

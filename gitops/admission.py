"""May a bundle go into an environment now? The policy's answer, from facts and the time alone."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from gitops.conditions import Outcome, Reason, RetryAfter
from gitops.errors import (
    DigestHeld,
    EarlierNotHealthy,
    EnvironmentFrozen,
    NotApproved,
    PromotionRefused,
    StillSoaking,
)
from gitops.forge import Forge, Promotion, Records, Tree
from gitops.holds import held, read_holds
from gitops.policy import Environment, load_policy
from gitops.record import DeploymentRecord, Proof
from gitops.signed import check_signed, check_signs
from gitops.windows import frozen

APPROVAL = "approved-by/"
LONGEST_WAIT = 3600.0


class _Host(Tree, Records, Protocol):
    """What of a git host is asked here."""


def check_merge(forge: _Host, promotion: Promotion, head: str, by: str, now: datetime) -> None:
    """Return if the policy at `head` lets a promotion be merged by this person at this moment.

    For the adapters of the forge, inside their `merge`.

    Raises
    ------
    CommitUnsigned, DigestHeld, EnvironmentFrozen, StillSoaking
        As for a release.
    NotApproved
        Not the people, or not as many of them, as the policy names.
    PolicyInvalid
        The environment is unknown.
    """
    environment = load_policy(forge, head).environment(promotion.environment)
    model, digest = promotion.model, promotion.bundle_digest
    check_signs(forge, environment)
    check_signed(forge, environment, promotion.commit)
    check_holds(forge, environment, model, digest, head)
    check_time(forge, environment, model, digest, now)
    problem = unapproved(environment, promotion, by)
    if problem:
        raise NotApproved(promotion.number, problem)


def check_holds(forge: Tree, environment: Environment, model: str, digest: str, head: str) -> None:
    """DigestHeld if the digest is held here or in an environment that must come before."""
    for name in (environment.name, *environment.requires):
        hold = held(read_holds(forge, name, model, head), digest)
        if hold:
            raise DigestHeld(name, model, digest, hold.reason)


def check_earlier(forge: Records, environment: Environment, model: str, digest: str) -> None:
    """EarlierNotHealthy if an environment that must come before has never proven the digest."""
    for name in environment.requires:
        record = forge.read_record(name, model)
        if record is None or record.proven(digest) is None:
            raise EarlierNotHealthy(environment.name, model, digest, name)


def check_time(
    forge: Records, environment: Environment, model: str, digest: str, now: datetime
) -> None:
    """EnvironmentFrozen or StillSoaking if it is too early."""
    for objection in too_early(forge, environment, model, digest, now):
        raise objection


def too_early(
    forge: Records, environment: Environment, model: str, digest: str, now: datetime
) -> Iterable[PromotionRefused]:
    """What the time stands against, the freeze first."""
    freeze = frozen(environment.freeze, now)
    if freeze:
        yield EnvironmentFrozen(environment.name, model, freeze.reason, freeze.until)
    for name, asked in environment.soak.items():
        record = forge.read_record(name, model) or DeploymentRecord(name, model)
        left = asked - healthy_for(record, digest, now)
        if left > timedelta():
            yield StillSoaking(environment.name, model, digest, name, left)


def wait_for(
    forge: Records, environment: Environment, model: str, digest: str, now: datetime
) -> Outcome | None:
    """The same as the end of a pass: when to look again."""
    for objection in too_early(forge, environment, model, digest, now):
        match objection:
            case EnvironmentFrozen(until=until):
                left, reason = until - now, Reason.FROZEN
            case StillSoaking(left=rest):
                left, reason = rest, Reason.SOAKING
            case _:
                continue
        return RetryAfter(reason, str(objection), min(left.total_seconds(), LONGEST_WAIT))
    return None


def healthy_for(record: DeploymentRecord, digest: str, now: datetime) -> timedelta:
    """For how long an environment has had a digest live, up to `now` or until another came.

    The longest stretch counts. Proofs of the same digest that follow each other are one stretch;
    a moment that cannot be read ends it.
    """
    longest, since = timedelta(), None
    for proof in (*record.proofs, None):
        moment = now if proof is None else _moment(proof)
        if since is not None and moment is not None:
            longest = max(longest, moment - since)
        same = proof is not None and proof.digest == digest
        since = (since or moment) if same else None
    return longest


def unapproved(environment: Environment, promotion: Promotion, by: str) -> str:
    """What approval a promotion lacks if `by` merges it; empty if none."""
    wanted = environment.approvers
    if wanted is None:
        return ""
    names = ", ".join(wanted.names)
    if by not in wanted.names:
        return f"{by!r} may not approve for {environment.name}, expected one of {names}"
    if wanted.author == "refused" and by == promotion.author:
        return f"{by!r} opened it and may not approve it for {environment.name}"
    lacking = missing_approval(environment, promotion.author, {by, *approvals(promotion)})
    number = promotion.number
    each = f"; each of them: slipway promotions approve {number} --by NAME"
    return f"{lacking}{each}" if lacking else ""


def missing_approval(environment: Environment, author: str, given: set[str]) -> str:
    """Whose approval is lacking when these have approved what `author` opened; empty if none."""
    wanted = environment.approvers
    if wanted is None:
        return ""
    refused = {author} if wanted.author == "refused" else set()
    counted = sorted((given & set(wanted.names)) - refused)
    if len(counted) >= wanted.count:
        return ""
    return (
        f"approved by {', '.join(counted) or 'nobody'}, expected {wanted.count} of "
        f"{', '.join(wanted.names)}"
    )


def approve(forge: Forge, promotion: Promotion, by: str) -> str:
    """Record that a person approves the present commit, and merge it; the commit on main.

    Raises what `merge` raises. After NotApproved for want of others, this approval stays recorded.
    """
    environment = load_policy(forge, forge.head()).environment(promotion.environment)
    wanted = environment.approvers
    if promotion.state == "open" and wanted and by in wanted.names:
        number, commit = promotion.number, promotion.commit
        forge.set_status(number, commit, f"{APPROVAL}{by}", "success", "approved")
    return forge.merge(promotion.number, by)


def approvals(promotion: Promotion) -> set[str]:
    """Who has approved the present commit, as its statuses say."""
    return {
        status.context.removeprefix(APPROVAL)
        for status in promotion.statuses
        if status.context.startswith(APPROVAL)
        and (status.commit, status.state) == (promotion.commit, "success")
    }


def _moment(proof: Proof) -> datetime | None:
    try:
        moment = datetime.fromisoformat(proof.since)
    except ValueError:
        return None
    return moment if moment.tzinfo else None

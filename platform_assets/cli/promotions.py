"""`slipway promotions`: what waits for approval, and the decision on it."""

import getpass

from gitops import admission
from gitops.forge import Forge, Promotion, PromotionState
from platform_assets.cli.console import facts, out, print_json, print_table
from platform_assets.cli.evidence import print_evidence, read_evidence
from platform_assets.cli.overview import promotion_to_dict
from platform_assets.wiring import build_forge
from resources.settings import load_settings

COLUMNS = ("number", "state", "environment", "model", "digest", "opened", "gates", "title")


def list_all(state: PromotionState | None, *, as_json: bool) -> None:
    """Print promotions by number, all or those in one state."""
    found = build_forge(load_settings()).promotions(state)
    if as_json:
        print_json([promotion_to_dict(one) for one in found])
    elif found:
        print_table("promotions", COLUMNS, [_row(one) for one in found])
    else:
        out("no promotions" if state is None else f"no promotions are {state}")


def show(number: int, *, as_json: bool) -> None:
    """Print one promotion with its evidence."""
    forge = build_forge(load_settings())
    promotion = forge.promotion(number)
    if as_json:
        statuses = [one.__dict__ for one in promotion.statuses if one.commit == promotion.commit]
        document = promotion_to_dict(promotion)
        print_json({**document, "body": promotion.body, "statuses": statuses})
        return
    describe(forge, promotion)


def describe(forge: Forge, promotion: Promotion) -> None:
    """The promotion as a person reads it at a terminal."""
    out(promotion.title)
    facts(
        {
            "number": promotion.number,
            "state": promotion.state,
            "reason": promotion.reason,
            "approver": promotion.approver,
            "merged as": promotion.merged_as,
            "branch": promotion.branch,
            "opened": promotion.opened,
            "gates": _gates(promotion),
        }
    )
    evidence = read_evidence(forge, promotion.environment, promotion.model, promotion.commit)
    if evidence is None:
        out(promotion.body)
    else:
        print_evidence(evidence)


def approve(forge: Forge, number: int, approver: str) -> str:
    """Merge a promotion and return the commit on main; merged already: the same commit.

    Raises
    ------
    PromotionError
        If it may not be merged; nothing changed then.
    """
    return admission.approve(forge, forge.promotion(number), approver)


def approve_and_say(number: int, approver: str | None) -> None:
    revision = approve(build_forge(load_settings()), number, approver or getpass.getuser())
    out(f"merged as {revision}; it is deployed and tested now, follow it: slipway status")


def reject(number: int, reason: str) -> None:
    closed = build_forge(load_settings()).close(number, reason)
    out(f"promotion {closed.number} is {closed.state}: {closed.reason}")


def _row(promotion: Promotion) -> tuple[object, ...]:
    return (
        promotion.number,
        promotion.state,
        promotion.environment,
        promotion.model,
        promotion.bundle_digest[7:19],
        promotion.opened,
        _gates(promotion),
        promotion.title,
    )


def _gates(promotion: Promotion) -> str:
    missing = promotion.not_passed()
    if missing:
        return ", ".join(f"{context} is {state}" for context, state in sorted(missing.items()))
    return f"{len(promotion.required)} passed"

"""`slipway rollback`, `hold` and `reconcile`: what is live, changed through git."""

import getpass

from gitops.conditions import Settled, kind, outcome_to_dict
from gitops.errors import HoldsInvalid, NotHeld, NothingToRestore
from gitops.facts import targets
from gitops.forge import Forge
from gitops.holds import hold, holds_path, lift, read_holds
from gitops.plan import Plan
from gitops.policy import load_policy
from gitops.pruning import confirm_prune, waiting
from gitops.reconcile import Reconciler, Report
from gitops.rollback import digest_at, rollback
from gitops.suspension import resume, suspend
from platform_assets.cli.console import out, print_json
from platform_assets.cli.errors import NotSettled
from platform_assets.cli.models import require_model
from platform_assets.cli.places import require_environment
from platform_assets.wiring import build_forge, build_reconciler, build_verifier
from resources.settings import load_settings


def roll_back(model: str, environment: str, to: str | None, reason: str) -> None:
    """Restore an earlier revision by a commit, and hold the digest that is taken back."""
    forge = build_forge(load_settings())
    _require(forge, model, environment)
    revision = rollback(forge, environment, model, reason, getpass.getuser(), to)
    out(f"{model} in {environment} is restored by {revision}; follow it: slipway status")


def hold_digest(model: str, environment: str, digest: str | None, reason: str) -> None:
    """Keep a digest (without one: the present one) from being promoted or deployed."""
    forge = build_forge(load_settings())
    _require(forge, model, environment)
    chosen = digest or digest_at(forge, environment, model, forge.head())
    if not chosen:
        raise NothingToRestore(environment, model, "there is no manifest whose digest to hold")
    revision = hold(forge, environment, model, chosen, reason, getpass.getuser())
    out(f"{model} {chosen[:19]} is held in {environment} since {revision}")


def lift_hold(model: str, environment: str, digest: str | None) -> None:
    """Let a held digest go; without one the only one that is held."""
    forge = build_forge(load_settings())
    _require(forge, model, environment)
    held = [one.digest for one in read_holds(forge, environment, model, forge.head())]
    if digest is None and len(held) > 1:
        path = holds_path(environment, model)
        raise HoldsInvalid(path, "digest", None, f"--digest with one of {', '.join(held)}")
    chosen = digest or next(iter(held), None)
    if chosen is None:
        raise NotHeld(environment, model, "any digest")
    lift(forge, environment, model, chosen, getpass.getuser())
    out(f"{model} {chosen[:19]} is no longer held in {environment}")


def suspend_model(model: str, environment: str, reason: str) -> None:
    """Have the reconciler leave a model alone in an environment."""
    forge = build_forge(load_settings())
    _require(forge, model, environment)
    suspend(forge, environment, model, reason, getpass.getuser())
    out(f"{model} is suspended in {environment}; go on: slipway resume {model} --env {environment}")


def resume_model(model: str, environment: str) -> None:
    """Let the reconciler go on; NotSuspended if it was not stopped."""
    forge = build_forge(load_settings())
    _require(forge, model, environment)
    resume(forge, environment, model, getpass.getuser())
    out(f"{model} is reconciled again in {environment}")


def prune(environment: str, *, confirm: bool) -> None:
    """Confirm that all of an environment may go; without `confirm` say what that would be."""
    forge = build_forge(load_settings())
    load_policy(forge, forge.head()).environment(environment)
    if not confirm:
        gone = ", ".join(waiting(forge, environment, forge.head())) or "nothing"
        out(f"{gone} would be removed from {environment}; do so: --confirm")
        return
    _, models = confirm_prune(forge, environment, getpass.getuser())
    out(f"{', '.join(models)} may be removed from {environment}; follow it: slipway status")


def reconcile(
    model: str | None, environment: str | None, *, verify: bool, dry_run: bool, as_json: bool
) -> None:
    """Make the running system what git says, or say what would be done.

    Raises
    ------
    typer.BadParameter
        If no environment has that name.
    NotSettled
        Naming each environment and model that is not settled at the end.
    """
    settings = load_settings()
    forge = build_forge(settings)
    require_environment(forge, environment)
    chosen = [
        (place, name)
        for place, name in targets(forge)
        if model in (None, name) and environment in (None, place)
    ]
    if model is not None and not chosen:
        require_model(model)
    reconciler = build_reconciler(settings, build_verifier(settings) if verify else None)
    if dry_run:
        _plan(reconciler, chosen, as_json=as_json)
    else:
        _pass(reconciler, chosen, as_json=as_json)


def _plan(reconciler: Reconciler, chosen: list[tuple[str, str]], *, as_json: bool) -> None:
    plans = {f"{place}/{name}": reconciler.plan(place, name) for place, name in chosen}
    if as_json:
        print_json({name: _plan_document(plan) for name, plan in plans.items()})
        return
    for name, plan in plans.items():
        said = plan.outcome.message if plan.outcome else f"would {', '.join(plan.acts)}"
        out(f"{name}: {said}")


def _pass(reconciler: Reconciler, chosen: list[tuple[str, str]], *, as_json: bool) -> None:
    reports = []
    for place, name in chosen:
        report = reconciler.reconcile(place, name)
        reports.append(report)
        if not as_json:
            acts = f" after {', '.join(report.acts)}" if report.acts else ""
            out(f"{place}/{name}: {kind(report.outcome)}: {report.outcome.message}{acts}")
    if as_json:
        print_json([_report_document(report) for report in reports])
    open_ends = [one for one in reports if not isinstance(one.outcome, Settled)]
    if open_ends:
        raise NotSettled([f"{one.environment}/{one.model}" for one in open_ends])


def _plan_document(plan: Plan) -> dict[str, object]:
    outcome = outcome_to_dict(plan.outcome) if plan.outcome else None
    return {"acts": list(plan.acts), "outcome": outcome}


def _report_document(report: Report) -> dict[str, object]:
    return {
        "environment": report.environment,
        "model": report.model,
        "revision": report.revision,
        "digest": report.manifest.bundle_digest if report.manifest else None,
        "acts": list(report.acts),
        "verdicts": [verdict.to_dict() for verdict in report.verdicts],
        "reverted": report.reverted,
        "reverted_to": report.reverted_to,
        "outcome": outcome_to_dict(report.outcome),
    }


def _require(forge: Forge, model: str, environment: str) -> None:
    """BadParameter or UnknownModel, before anything is written under a mistyped name."""
    require_environment(forge, environment)
    require_model(model, (name for _, name in targets(forge)))

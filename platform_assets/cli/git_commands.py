"""The commands about what git names: what was live and why, and what becomes of it."""

from typing import Annotated

import typer

from platform_assets.cli.options import Environment, Json, Model, Reason

commands = typer.Typer(rich_markup_mode=None)


@commands.command()
def rollback(
    model: Model,
    environment: Environment = "production",
    to: Annotated[str | None, typer.Option(help="A commit that named the bundle wanted.")] = None,
    reason: Reason = "rolled back by hand",
) -> None:
    """Put what was healthy before back into git; the digest taken back is held."""
    from platform_assets.cli import releases

    releases.roll_back(model, environment, to, reason)


@commands.command()
def history(
    model: Model,
    environment: Annotated[str | None, typer.Option("--env", help="Only this one.")] = None,
    at: Annotated[str | None, typer.Option(help="Only what was live then; ISO 8601.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many changes each.")] = 20,
    as_json: Json = False,
) -> None:
    """Show what was live, since when, why, with which data, and what it replaced."""
    from platform_assets.cli import history as command

    command.show(model, environment, at, limit, as_json=as_json)


@commands.command()
def why(model: Model, environment: Environment = "production", as_json: Json = False) -> None:
    """Show why what is live now is live, or why nothing is."""
    from platform_assets.cli import why as command

    command.show(model, environment, as_json=as_json)


@commands.command()
def hold(
    model: Model,
    environment: Environment = "production",
    digest: Annotated[str | None, typer.Option(help="sha256:… in full.")] = None,
    reason: Reason = "held by hand",
    lift: Annotated[bool, typer.Option("--lift", help="Let a held digest go.")] = False,
) -> None:
    """Keep a digest from being promoted or deployed (without --digest: the present one)."""
    from platform_assets.cli import releases

    if lift:
        releases.lift_hold(model, environment, digest)
    else:
        releases.hold_digest(model, environment, digest, reason)


@commands.command()
def suspend(
    model: Model,
    environment: Environment = "production",
    reason: Reason = "suspended by hand",
) -> None:
    """Have the reconciler look at a model and leave it as it is, whatever git says."""
    from platform_assets.cli import releases

    releases.suspend_model(model, environment, reason)


@commands.command()
def resume(model: Model, environment: Environment = "production") -> None:
    """Let the reconciler make a suspended model what git says."""
    from platform_assets.cli import releases

    releases.resume_model(model, environment)


@commands.command()
def prune(
    environment: Annotated[str, typer.Option("--env", help="The environment.")],
    confirm: Annotated[bool, typer.Option("--confirm", help="They may go.")] = False,
) -> None:
    """Confirm that everything may go from an environment of which git names nothing any more."""
    from platform_assets.cli import releases

    releases.prune(environment, confirm=confirm)


@commands.command()
def reconcile(
    model: Annotated[str | None, typer.Argument(help="Only this model.")] = None,
    environment: Annotated[str | None, typer.Option("--env", help="Only this one.")] = None,
    no_verify: Annotated[bool, typer.Option("--no-verify", help="No load tests.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make the running system what git says, now."""
    from platform_assets.cli import releases

    releases.reconcile(model, environment, verify=not no_verify, dry_run=dry_run, as_json=as_json)

"""The `slipway` command: what there is, and how errors become one sentence and an exit code."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from gitops.errors import GitopsError
from platform_assets.cli.git_commands import commands
from platform_assets.cli.groups import GROUPS
from platform_assets.cli.options import Json, Model, ModelVersion
from platform_assets.errors import SlipwayError
from resources.errors import ResourceError
from serving.errors import BundleError, GrantsError

FAILED = 1
INTERRUPTED = 130

app = typer.Typer(
    help="Builds, judges and launches models; git is the only place that says what is live.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for name, group in GROUPS.items():
    app.add_typer(group, name=name)


@app.command()
def up(
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Return once everything is up.")
    ] = False,
) -> None:
    """Start Ray with Serve, MLflow, Dagster and the board on this machine; harmless if they run."""
    from platform_assets.cli import up_down

    up_down.up(detach=detach)


@app.command()
def down() -> None:
    """Stop everything that `up` started, also what a crash left behind."""
    from platform_assets.cli import up_down

    up_down.down()


@app.command()
def demo(
    stop: Annotated[bool, typer.Option("--down", help="Stop the stack at the end.")] = False,
) -> None:
    """Run the whole loop once: from raw files to a tested live endpoint."""
    from platform_assets.cli.demo.demo import demo as command

    command(down=stop)


@app.command()
def status(as_json: Json = False) -> None:
    """Show every model and environment: wanted, live, healthy, waiting; and every service."""
    from platform_assets.cli import status as command

    command.status(as_json=as_json)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="The model: lower-case letters, digits, hyphens.")],
    file: Annotated[Path, typer.Option("--from", help="A csv, JSON lines or Parquet file.")],
    target: Annotated[str, typer.Option(help="The column to predict.")],
    time: Annotated[str | None, typer.Option(help="The column that says when.")] = None,
    row_id: Annotated[str | None, typer.Option("--id", help="The column that names a row.")] = None,
    task: Annotated[
        Literal["binary", "multiclass", "regression"] | None,
        typer.Option(help="Without it, told from the target."),
    ] = None,
) -> None:
    """Begin a model: write its folder from a sample of a file."""
    from platform_assets.cli import new as command
    from platform_assets.scaffold.plan import Request

    command.new(Request(name, file, target, time, row_id, task))


@app.command()
def run(
    model: Model,
    file: Annotated[Path | None, typer.Argument(help="Delivered before the run starts.")] = None,
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Return once it is delivered or started.")
    ] = False,
) -> None:
    """Deliver FILE to MODEL, or start MODEL's pipeline without one; follow the run to its end."""
    from platform_assets.cli import run as command

    command.run(model, file, detach=detach)


@app.command()
def batch(
    model: Model,
    environment: Annotated[
        str, typer.Option("--env", help="Whose version scores; without it, the last one's.")
    ] = "",
    again: Annotated[
        bool, typer.Option("--again", help="Also rows that other versions have scored.")
    ] = False,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return once started.")] = False,
) -> None:
    """Score the clean rows of MODEL that no batch has scored, by the version that git declares."""
    from platform_assets.cli import batch as command

    command.batch(model, environment, again=again, detach=detach)


@app.command()
def retrain(
    model: Model,
    reason: Annotated[str, typer.Option(help="Stands on the run and in the promotion.")],
) -> None:
    """Ask for a training, which starts as soon as no run of MODEL is under way."""
    from platform_assets.cli import run as command

    command.retrain(model, reason)


@app.command()
def trace(
    request_id: Annotated[str, typer.Argument(help="The header x-request-id of the answer.")],
    model: Annotated[str | None, typer.Option(help="Only this model.")] = None,
    as_json: Json = False,
) -> None:
    """Walk from an answer back to the files it was learned from, and replay it."""
    from platform_assets.cli import trace as command

    command.trace(request_id, model, as_json=as_json)


@app.command()
def board() -> None:
    """Show every model on one page in a browser; `up` serves it with the rest."""
    from platform_assets.cli import board as command

    command.board()


@app.command()
def doctor(as_json: Json = False) -> None:
    """Look for what this machine lacks and for what stands in the way."""
    from platform_assets.cli import doctor as command

    command.doctor(as_json=as_json)


@app.command()
def reproduce(version: ModelVersion, as_json: Json = False) -> None:
    """Train a registered version again from its rows, commit and lock, and compare."""
    from platform_assets.cli import reproduce as command

    command.reproduce(version, as_json=as_json)


@app.command()
def drill(
    kind: Annotated[
        Literal["rollback", "restore", "reproduce"], typer.Argument(help="What is practised.")
    ],
    model: Model,
    environment: Annotated[
        str | None, typer.Option("--env", help="Not for restore. Default: see the reference.")
    ] = None,
) -> None:
    """Practise going back, coming back after a loss, or making the live model again."""
    from platform_assets.cli import drill as command

    command.drill(kind, model, environment)


@app.command()
def forget(
    model: Model,
    ids: Annotated[list[str], typer.Option("--id", help="Whose rows; can be given again.")],
    column: Annotated[
        str | None, typer.Option(help="A personal column that holds the id; default: `id`.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Take a person's rows out of all tables for good, and say which models saw them."""
    from platform_assets.cli import forget as command

    command.forget(model, ids, column, yes=yes, as_json=as_json)


app.registered_commands.extend(commands.registered_commands)


def main() -> None:
    """The console script: exit code 0 done, 1 failed with one sentence, 2 wrong use."""
    try:
        app(prog_name="slipway")
    except (SlipwayError, ResourceError, GitopsError, BundleError, GrantsError) as error:
        sys.stderr.write(f"slipway: {error}\n")
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()

"""The `slipway` command: what there is, and how errors become one sentence and an exit code."""

import sys
from typing import Annotated

import typer

from gitops.errors import GitopsError
from platform_assets.errors import SlipwayError
from resources.errors import ResourceError

FAILED = 1
INTERRUPTED = 130

app = typer.Typer(
    help="Builds, judges and launches models; git is the only place that says what is live.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
promotions = typer.Typer(help="Releases that wait for approval.", no_args_is_help=True)
app.add_typer(promotions, name="promotions")

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Model = Annotated[str, typer.Argument(help="A folder of platform_assets/defs.")]
Number = Annotated[int, typer.Argument(help="The number that `promotions list` shows.")]
Environment = Annotated[str, typer.Option("--env", help="staging or production.")]


@app.command()
def up(
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Return once everything is up.")
    ] = False,
) -> None:
    """Start Ray with Serve, MLflow and Dagster on this machine; harmless if they run."""
    from platform_assets.cli import up_down

    up_down.up(detach=detach)


@app.command()
def down() -> None:
    """Stop everything that `up` started, also what a crash left behind."""
    from platform_assets.cli import up_down

    up_down.down()


def main() -> None:
    """The console script: exit code 0 done, 1 failed with one sentence, 2 wrong use."""
    try:
        app()
    except (SlipwayError, ResourceError, GitopsError) as error:
        sys.stderr.write(f"slipway: {error}\n")
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()

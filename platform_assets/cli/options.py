"""What several commands take, said once."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Model = Annotated[str, typer.Argument(help="A folder of platform_assets/defs.")]
ModelVersion = Annotated[
    str,
    typer.Argument(
        metavar="MODEL@VERSION", help="A number, an alias, or the beginning of a digest."
    ),
]
Number = Annotated[int, typer.Argument(help="The number that `promotions list` shows.")]
Environment = Annotated[str, typer.Option("--env", help="staging or production.")]
Reason = Annotated[str, typer.Option(help="Stands in the commit and in the hold.")]

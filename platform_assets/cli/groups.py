"""Commands of two words: `slipway promotions approve`, `slipway models show` and the like."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from platform_assets.cli.options import Json, Model, ModelVersion, Number

promotions = typer.Typer(help="Releases that wait for approval.", no_args_is_help=True)
quarantine = typer.Typer(help="Rows that break the contract.", no_args_is_help=True)
holdout = typer.Typer(help="Rows that candidates are judged on.", no_args_is_help=True)
keys = typer.Typer(help="Keys that sign bundles.", no_args_is_help=True)
tokens = typer.Typer(help="Tokens that endpoints ask for.", no_args_is_help=True)
models = typer.Typer(help="Registered model versions.", no_args_is_help=True)
GROUPS = {
    "promotions": promotions,
    "quarantine": quarantine,
    "holdout": holdout,
    "keys": keys,
    "tokens": tokens,
    "models": models,
}


class State(StrEnum):
    """The states of a promotion, as `--state` takes them."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"
    SUPERSEDED = "superseded"


@holdout.command("show")
def holdout_show(model: Model, as_json: Json = False) -> None:
    """Show since when a model's holdout stands, why, and how many rows wait for the next."""
    from platform_assets.cli import holdout as command

    command.show(model, as_json=as_json)


@holdout.command("renew")
def holdout_renew(
    model: Model,
    reason: Annotated[str, typer.Option(help="Why; stands in the table's commit.")],
) -> None:
    """Renew a model's holdout: the rows that wait are taken in."""
    from platform_assets.cli import holdout as command

    command.renew(model, reason)


@quarantine.command("show")
def quarantine_show(
    model: Model,
    rule: Annotated[str | None, typer.Option(help="Only this rule, or its beginning.")] = None,
    delivery: Annotated[str | None, typer.Option(help="Its number, or the file's name.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="At most so many rows.")] = 20,
    csv: Annotated[Path | None, typer.Option(help="Write all of them here, to be mended.")] = None,
    as_json: Json = False,
) -> None:
    """Show which rules were broken how often, and the rows with what was wrong in them."""
    from platform_assets.cli import quarantine as command

    command.show(model, rule, delivery, limit, csv, as_json=as_json)


@quarantine.command("replay")
def quarantine_replay(
    model: Model,
    rows: Annotated[Path | None, typer.Option(help="A csv of `show --csv`, mended.")] = None,
) -> None:
    """Judge anew what is in quarantine, after the contract, defs.yaml or rows were mended."""
    from platform_assets.cli import quarantine as command

    command.replay(model, rows)


@quarantine.command("withdraw")
def quarantine_withdraw(
    model: Model,
    delivery: Annotated[str, typer.Argument(help="Its number, or the file's name.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take a whole delivery out, on record; the same bytes may come again under a new name."""
    from platform_assets.cli import quarantine as command

    command.withdraw(model, delivery, yes=yes)


@promotions.command("list")
def promotions_list(
    state: Annotated[State | None, typer.Option(help="Only those in one state.")] = None,
    as_json: Json = False,
) -> None:
    """Show all promotions by number."""
    from platform_assets.cli import promotions as command

    command.list_all(state.value if state else None, as_json=as_json)


@promotions.command("show")
def promotions_show(number: Number, as_json: Json = False) -> None:
    """Show one promotion with its evidence."""
    from platform_assets.cli import promotions as command

    command.show(number, as_json=as_json)


@promotions.command("approve")
def promotions_approve(
    number: Number,
    by: Annotated[str | None, typer.Option(help="Who approves; without it, you.")] = None,
) -> None:
    """Merge a promotion whose gates have passed; the deployment follows by itself."""
    from platform_assets.cli import promotions as command

    command.approve_and_say(number, by)


@promotions.command("reject")
def promotions_reject(
    number: Number, reason: Annotated[str, typer.Option(help="Why.")] = "rejected by hand"
) -> None:
    """Close a promotion for good."""
    from platform_assets.cli import promotions as command

    command.reject(number, reason)


@keys.command("new")
def keys_new(file: Annotated[Path, typer.Argument(help="Where the private key goes.")]) -> None:
    """Make a pair of keys: the private one into a file, the public one to the screen."""
    from platform_assets.cli import keys as command

    command.new(file)


@keys.command("sign")
def keys_sign() -> None:
    """Sign every stored bundle with the key that is set."""
    from platform_assets.cli import keys as command

    command.sign()


@tokens.command("add")
def tokens_add(
    name: Annotated[str, typer.Argument(help="Who shows it: lower-case letters, digits, .-_")],
    model: Annotated[
        list[str] | None, typer.Option(help="Only for this model; can be given again.")
    ] = None,
    scope: Annotated[
        Literal["read", "infer"], typer.Option(help="Descriptions alone, or predictions too.")
    ] = "infer",
    rate: Annotated[
        str, typer.Option(help="How often, e.g. '100/second; 5000/hour'; without it, no limit.")
    ] = "",
    days: Annotated[int | None, typer.Option(min=1, help="It ends after so many days.")] = None,
) -> None:
    """Make a token and print it once; endpoints know it without a restart."""
    from platform_assets.cli import tokens as command

    command.add(name, model or [], scope, rate, days)


@tokens.command("list")
def tokens_list(as_json: Json = False) -> None:
    """Show whose tokens endpoints know, and what each is good for."""
    from platform_assets.cli import tokens as command

    command.list_all(as_json=as_json)


@tokens.command("revoke")
def tokens_revoke(
    name: Annotated[str, typer.Argument(help="As `tokens list` shows it.")],
) -> None:
    """Take a token back; endpoints refuse it without a restart."""
    from platform_assets.cli import tokens as command

    command.revoke(name)


@models.command("list")
def models_list(
    model: Annotated[str | None, typer.Argument(help="Only this model.")] = None,
    as_json: Json = False,
) -> None:
    """Show registered versions, newest first."""
    from platform_assets.cli import registered as command

    command.list_all(model, as_json=as_json)


@models.command("show")
def models_show(version: ModelVersion, as_json: Json = False) -> None:
    """Show what one version was made from, how it was judged, and where it was live."""
    from platform_assets.cli import registered as command

    command.show(version, as_json=as_json)


@models.command("compare")
def models_compare(first: ModelVersion, second: ModelVersion, as_json: Json = False) -> None:
    """Show what differs between two versions, and their figures beside each other."""
    from platform_assets.cli import registered as command

    command.compare(first, second, as_json=as_json)

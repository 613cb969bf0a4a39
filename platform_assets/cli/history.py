"""`slipway history`: what was live, since when, why, with which data, and what it replaced."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import typer

from gitops.facts import targets
from gitops.forge import Forge
from gitops.history import Change, history, live_at
from gitops.policy import load_policy
from platform_assets.cli.console import out, print_json, print_table
from platform_assets.cli.dossier import SAID
from platform_assets.cli.models import require_model
from platform_assets.cli.places import require_environment
from platform_assets.wiring import build_forge, build_registry
from resources.registry import Registry
from resources.settings import load_settings

COLUMNS = ("version", "digest", "change", "by", "live from", "until", "made from", "why")
ALL = 10_000
Registered = Mapping[str, Mapping[str, str]]


def show(
    model: str, environment: str | None, time: str | None, limit: int, *, as_json: bool
) -> None:
    """Print the changes of a model, newest first; with a time only what was live then."""
    settings, moment = load_settings(), parse_time(time) if time else None
    forge = build_forge(settings)
    require_environment(forge, environment)
    require_model(model, (name for _, name in targets(forge)))
    found = changes(forge, model, environment, ALL if moment else limit)
    if moment:
        found = {name: _only(live_at(past, moment)) for name, past in found.items()}
    known = registered(build_registry(settings), model)
    if as_json:
        print_json([document(one, known) for past in found.values() for one in past])
        return
    for name, past in found.items():
        if past:
            print_table(f"{model} in {name}", COLUMNS, [_row(one, known) for one in past])
        else:
            when = f"at {moment.isoformat()}" if moment else "yet"
            out(f"nothing of {model} was live in {name} {when}")


def changes(
    forge: Forge, model: str, environment: str | None, limit: int
) -> dict[str, list[Change]]:
    """The changes of each environment, or of one, in the policy's order."""
    names = load_policy(forge, forge.head()).names
    chosen = [name for name in names if environment in (None, name)]
    return {name: history(forge, name, model, limit) for name in chosen}


def registered(registry: Registry, model: str) -> Registered:
    """What the registry says of each bundle, by digest."""
    return {
        one.digest: {name: one.tags[tag] for name, tag in SAID.items() if tag in one.tags}
        for one in registry.versions(model)
    }


def document(change: Change, known: Registered) -> dict[str, object]:
    """The form of `history --json`; `registered` is what MLflow knows of the bundle."""
    return {**change.to_dict(), "registered": known.get(change.digest)}


def data_words(change: Change, known: Registered) -> str:
    """The tables that a version was made from, as far as git and the registry say."""
    said = known.get(change.digest, {})
    words = [change.data_version]
    if "cleaned version" in said:
        words.append(f"cleaned@{said['cleaned version']}")
    if "deliveries" in said:
        words.append(f"{said['deliveries']} deliveries")
    return ", ".join(word for word in words if word)


def parse_time(text: str) -> datetime:
    """A time in ISO 8601; without a zone that of this machine. BadParameter on anything else."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise typer.BadParameter(
            f"--at {text!r}; expected a time such as 2026-01-31 or 2026-01-31T14:05:00+00:00"
        ) from None


def _only(change: Change | None) -> list[Change]:
    return [change] if change else []


def _row(change: Change, known: Registered) -> Sequence[object]:
    ended = f"; {change.fate}: {change.ended_by}" if change.ended_by else ""
    return (
        change.version or "none",
        change.digest[7:19],
        f"{change.kind} {change.revision[:7]}",
        change.by,
        _minute(change.live_from) if change.live_from else "never",
        _minute(change.live_until) if change.live_until else _open_end(change),
        data_words(change, known),
        f"{change.why}{ended}",
    )


def _open_end(change: Change) -> str:
    return "now" if change.live_from else change.fate


def _minute(time: str) -> str:
    return f"{datetime.fromisoformat(time).astimezone(UTC):%Y-%m-%d %H:%M}Z"

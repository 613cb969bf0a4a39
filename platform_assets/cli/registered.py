"""`slipway models`: the registered versions, one in full, and two beside each other."""

import json
from typing import Any

from gitops.forge import Forge
from platform_assets.cli.console import facts, out, print_json, print_table
from platform_assets.cli.dossier import Dossier, changes, details, dossier, same_rows
from platform_assets.cli.models import model_folders, require_model
from platform_assets.cli.versions import find
from platform_assets.model.audit import REPORT_KEY
from platform_assets.model.evaluation_report import JUDGEMENT, KIND
from platform_assets.wiring import build_forge, build_registry
from resources.artifacts import Artifacts
from resources.errors import ArtifactError
from resources.registry import Registry, Version
from resources.settings import load_settings

COLUMNS = ("model", "version", "aliases", "digest", "verdict", "code", "training set", "live in")


def list_all(model: str | None, *, as_json: bool) -> None:
    """Print the versions of one model or of all, newest first."""
    settings = load_settings()
    registry, forge = build_registry(settings), build_forge(settings)
    artifacts = Artifacts(settings.artifacts)
    if model is not None and not registry.versions(model):
        require_model(model)
    found = [
        told(one, registry, forge, artifacts)
        for name in ([model] if model else model_folders())
        for one in registry.versions(name)
    ]
    if as_json:
        print_json([one.to_dict() for one in found])
    elif found:
        print_table("model versions", COLUMNS, [_row(one) for one in found])
    else:
        out("no model versions")


def show(name: str, *, as_json: bool) -> None:
    """Print everything that is known of one version."""
    one = _opened(name)[0]
    if as_json:
        print_json(one.to_dict())
        return
    out(f"{one.model} {one.version}")
    aliases = ", ".join(one.aliases)
    known = {"digest": one.digest, "aliases": aliases, "run": one.run}
    facts({**known, **one.said, **details(one)})
    if one.figures:
        figures = [(metric, _interval(found)) for metric, found in one.figures.items()]
        print_table("figures on the holdout", ("metric", "value, 95 % interval"), figures)
    if one.live:
        stays = [(stay.environment, stay.since, stay.until or "now") for stay in one.live]
        print_table("live", ("environment", "since", "until"), stays)


def compare(first: str, second: str, *, as_json: bool) -> None:
    """Print what went into two versions and is not the same, and their figures."""
    one, other = _opened(first, second)
    found, comparable = changes(one, other), same_rows(one, other)
    if as_json:
        print_json(
            {
                "versions": [one.to_dict(), other.to_dict()],
                "changed": {name: pair for name, *pair in found},
                "same_holdout": comparable,
            }
        )
        return
    columns = ("", *(f"{each.model} {each.version}" for each in (one, other)))
    if not found:
        out("nothing differs")
    else:
        print_table("what differs", columns, found)
    metrics = dict.fromkeys([*one.figures, *other.figures])
    rows = [
        (metric, *(_interval(each.figures.get(metric)) for each in (one, other)))
        for metric in metrics
    ]
    if rows:
        print_table("figures on the holdout", columns, rows)
    if rows and not comparable:
        out("They were judged on different rows: the figures say little about each other.")


def told(version: Version, registry: Registry, forge: Forge, artifacts: Artifacts) -> Dossier:
    """A version with its report, if that is still there, and its days in git."""
    records = [one for one in forge.records() if one.model == version.model]
    aliases = registry.aliases(version.model)
    return dossier(version, aliases, records, _judgement(artifacts, version))


def _judgement(artifacts: Artifacts, version: Version) -> dict[str, Any] | None:
    key = version.tags.get(REPORT_KEY)
    if key is None:
        return None
    try:
        found: dict[str, Any] = json.loads(artifacts.load(KIND, version.model, key, JUDGEMENT))
    except ArtifactError:
        return None
    return found


def _opened(*names: str) -> list[Dossier]:
    settings = load_settings()
    registry, forge = build_registry(settings), build_forge(settings)
    artifacts = Artifacts(settings.artifacts)
    return [told(find(registry, name), registry, forge, artifacts) for name in names]


def _row(one: Dossier) -> tuple[object, ...]:
    code = one.said.get("code commit", "")
    return (
        one.model,
        one.version,
        ", ".join(one.aliases),
        one.digest[7:19],
        one.said.get("verdict", "not judged"),
        code[:12] + ("-dirty" if code.endswith("-dirty") else ""),
        one.said.get("training set version", ""),
        ", ".join(stay.environment for stay in one.live if stay.until is None),
    )


def _interval(found: Any) -> str:
    if not found:
        return "-"
    if found["low"] is None:
        return f"{found['value']:.4g}"
    return f"{found['value']:.4g} ({found['low']:.4g} to {found['high']:.4g})"

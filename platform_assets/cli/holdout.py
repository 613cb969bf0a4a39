"""`slipway holdout`: since when a model's holdout stands, and to renew it on purpose."""

from collections import Counter

from gitops.forge import Forge
from platform_assets.cli.console import facts, out, print_json
from platform_assets.cli.folders import open_model
from platform_assets.folder import ModelFolder
from platform_assets.ml.holdout import HOLDOUT, TRAIN, WAITING
from platform_assets.model.contenders import champion_digest
from platform_assets.model.frozen import settle, standing, table_name
from platform_assets.model.rows import PART
from platform_assets.wiring import build_forge, build_lake
from resources.lake import Lake
from resources.settings import load_settings


def show(model: str, *, as_json: bool) -> None:
    """Rows of each part, since when the holdout stands and why it is another than before."""
    settings, folder = load_settings(), open_model(model)
    found = told(build_lake(settings), build_forge(settings), folder)
    if as_json:
        print_json(found)
        return
    facts(found)


def renew(model: str, reason: str) -> None:
    """Renew the holdout now; the reason stands in the table's commit."""
    settings, folder = load_settings(), open_model(model)
    lake, forge = build_lake(settings), build_forge(settings)
    lake.version(table_name(folder))
    cleaned = lake.version(f"{model}/cleaned")
    settle(lake, folder, cleaned, champion_digest(forge, model), asked=reason)
    facts(told(lake, forge, folder))
    out(f"have a candidate judged on it: slipway run {model}")


def told(lake: Lake, forge: Forge, folder: ModelFolder) -> dict[str, object]:
    """What is known of the holdout; TableMissing if there is no training set."""
    name = table_name(folder)
    counts = Counter(lake.counts(name, PART))
    stands = standing(lake, folder)
    return {
        "champion": champion_digest(forge, folder.name),
        "version": lake.version(name),
        **{f"{part}_rows": counts[part] for part in (TRAIN, HOLDOUT, WAITING)},
        "stands_since_version": stands.since if stands else None,
        "renewed_because": stands.record.reason if stands else None,
        "champion_then": stands.record.champion if stands else None,
        "renews_at_waiting_rows": round(counts[HOLDOUT] * folder.spec.split.renew_at),
    }

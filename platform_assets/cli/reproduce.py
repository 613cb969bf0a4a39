"""`slipway reproduce`: train a registered version again from what it was pinned to, and compare."""

from platform_assets.cli.console import Progress, out, print_json
from platform_assets.cli.folders import open_model
from platform_assets.cli.versions import find
from platform_assets.errors import Differs
from platform_assets.reproduction.made_again import made_again
from platform_assets.reproduction.pins import pins_of
from platform_assets.wiring import build_lake, build_registry
from resources.artifacts import Artifacts
from resources.settings import load_settings


def reproduce(name: str, *, as_json: bool) -> None:
    """Print whether the same inputs give the same model again.

    Raises
    ------
    NotReproducible
        If an input is gone, before anything is trained.
    Differs
        If what was trained again answers otherwise.
    """
    settings = load_settings()
    pins = pins_of(find(build_registry(settings), name))
    lake, artifacts = build_lake(settings), Artifacts(settings.artifacts)
    trusted = open_model(pins.model).spec.serving.trusted_types
    with Progress() as progress:
        say = (lambda _: None) if as_json else progress.say
        verdict = made_again(pins, lake, artifacts, trusted, settings.home, say)
    if as_json:
        print_json({"model": pins.model, "version": pins.version, **verdict.to_dict()})
    elif verdict.reproduced:
        out(f"{pins.name}: {verdict.sentence()}")
    if not verdict.reproduced:
        raise Differs(pins.name, verdict.sentence())

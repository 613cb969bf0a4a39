"""`slipway reproduce`: train a registered version again from what it was pinned to, and compare."""

import json
import subprocess
from pathlib import Path
from typing import Any

from platform_assets.cli.console import Progress, out, print_json
from platform_assets.cli.folders import open_model
from platform_assets.cli.versions import find
from platform_assets.errors import Differs, NotReproducible
from platform_assets.model.rows import PART
from platform_assets.reproduction.again import ARTIFACTS, RESULT
from platform_assets.reproduction.pins import Pins, pins_of
from platform_assets.reproduction.place import Place, environment, workplace
from platform_assets.reproduction.verdict import Verdict, judge
from platform_assets.wiring import build_lake, build_registry
from resources.artifacts import Artifacts
from resources.checkout import Checkout
from resources.errors import LakeError
from resources.lake import Lake
from resources.registry import Registry
from resources.settings import CHECKOUT, Settings, load_settings
from serving.bundle import Bundle, open_bundle
from serving.errors import ServingError

MODULE = "platform_assets.reproduction.again"


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
    registry = build_registry(settings)
    pins = pins_of(find(registry, name))
    with Progress() as progress:
        say = (lambda _: None) if as_json else progress.say
        verdict = made_again(settings, registry, name, say)
    if as_json:
        print_json({"model": pins.model, "version": pins.version, **verdict.to_dict()})
    elif verdict.reproduced:
        out(f"{pins.name}: {verdict.sentence()}")
    if not verdict.reproduced:
        raise Differs(pins.name, verdict.sentence())


def made_again(settings: Settings, registry: Registry, name: str, say: Any) -> Verdict:
    """Train a registered version again and compare; NotReproducible if an input is gone."""
    pins = pins_of(find(registry, name))
    lake, artifacts = build_lake(settings), Artifacts(settings.artifacts)
    first = _registered(artifacts, pins)
    require_rows(lake, pins)
    with workplace(Checkout(CHECKOUT), pins, settings.home, say) as (place, room):
        found = _trained(place, pins, settings, room, say)
        again = _opened(Artifacts(room / ARTIFACTS), pins.model, found["digest"])
        where = [(PART, "=", "holdout")]
        rows = lake.read(f"{pins.model}/training_set", pins.training_set, where=where)
        trusted = open_model(pins.model).spec.serving.trusted_types
        inputs = _inputs(pins, found, first, again)
        return judge(first, again, rows.to_pandas(), inputs, trusted)


def require_rows(lake: Lake, pins: Pins) -> None:
    """NotReproducible unless the pinned version of the training set can be read."""
    name = f"{pins.model}/training_set"
    try:
        table = lake.table_id(name)
        if table == pins.table:
            lake.read(name, pins.training_set, columns=[PART])
    except LakeError as error:
        raise NotReproducible(
            pins.name, f"version {pins.training_set} of {name} is gone: {error}"
        ) from error
    if table != pins.table:
        raise NotReproducible(
            pins.name, f"{name} was made anew since: its id is {table}, pinned is {pins.table}"
        )


def _trained(place: Place, pins: Pins, settings: Settings, room: Path, say: Any) -> dict[str, Any]:
    """Run the entry point of the pinned commit, and pass its lines on."""
    command = [
        str(place.python), "-m", MODULE, pins.model, "--training-set", str(pins.training_set),
        "--search", json.dumps(pins.search), "--tried", str(pins.tried), "--into", str(room),
    ]  # fmt: skip
    lines: list[str] = []
    with subprocess.Popen(
        command,
        cwd=place.checkout,
        env=environment(place, settings.home),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            for line in process.stdout or ():
                lines.append(line.rstrip())
                say(lines[-1])
        except KeyboardInterrupt:
            process.terminate()
            raise
    if process.returncode != 0:
        last = lines[-1] if lines else "it said nothing"
        raise NotReproducible(pins.name, f"training again ended with an error: {last}")
    found: dict[str, Any] = json.loads((room / RESULT).read_text())
    return found


def _inputs(
    pins: Pins, found: dict[str, Any], first: Bundle, again: Bundle
) -> dict[str, tuple[str, str]]:
    names = sorted({*first.environment, *again.environment})
    built = {
        name: (first.environment.get(name, "unknown"), again.environment.get(name, "unknown"))
        for name in names
    }
    return {"the candidate's fingerprint": (pins.candidate, found["candidate"]), **built}


def _registered(artifacts: Artifacts, pins: Pins) -> Bundle:
    try:
        return _opened(artifacts, pins.model, pins.digest)
    except ServingError as error:
        raise NotReproducible(pins.name, f"its bundle cannot be compared: {error}") from error


def _opened(artifacts: Artifacts, model: str, digest: str) -> Bundle:
    return open_bundle(artifacts.bundle_folder(model, digest), digest)

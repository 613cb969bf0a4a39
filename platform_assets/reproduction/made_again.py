"""A registered version trained again from what it was pinned to, and compared with the first."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from platform_assets.errors import NotReproducible
from platform_assets.model.rows import PART
from platform_assets.reproduction.again import ARTIFACTS, RESULT
from platform_assets.reproduction.pins import Pins
from platform_assets.reproduction.place import Place, Say, environment, workplace
from platform_assets.reproduction.verdict import Verdict, judge
from resources.artifacts import Artifacts
from resources.checkout import Checkout
from resources.errors import LakeError
from resources.lake import Lake
from resources.settings import CHECKOUT
from serving.bundle import Bundle, open_bundle
from serving.errors import ServingError

MODULE = "platform_assets.reproduction.again"


def made_again(
    pins: Pins, lake: Lake, artifacts: Artifacts, trusted: Sequence[str], home: Path, say: Say
) -> Verdict:
    """Train a version again, in a folder of its own below `home`, and compare.

    Raises
    ------
    NotReproducible
        If an input is gone, before anything is trained.
    """
    first = _registered(artifacts, pins)
    require_rows(lake, pins)
    with workplace(Checkout(CHECKOUT), pins, home, say) as (place, room):
        found = _trained(place, pins, home, room, say)
        again = _opened(Artifacts(room / ARTIFACTS), pins.model, found["digest"])
        where = [(PART, "=", "holdout")]
        rows = lake.read(f"{pins.model}/training_set", pins.training_set, where=where)
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


def _trained(place: Place, pins: Pins, home: Path, room: Path, say: Say) -> dict[str, Any]:
    """Run the entry point of the pinned commit, and pass its lines on."""
    command = [
        str(place.python), "-m", MODULE, pins.model, "--training-set", str(pins.training_set),
        "--search", json.dumps(pins.search), "--tried", str(pins.tried), "--into", str(room),
    ]  # fmt: skip
    lines: list[str] = []
    with subprocess.Popen(
        command,
        cwd=place.checkout,
        env=environment(place, home),
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

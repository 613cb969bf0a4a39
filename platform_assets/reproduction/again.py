"""Train and export one candidate again, into a folder of its own: the way in for `reproduce`.

Run as `python -m platform_assets.reproduction.again` in a checkout of the pinned commit; that
command and the files it writes stay as they are, since later versions call earlier ones. It reads
the lake, and writes nothing but its folder: no registry, no table, no asset.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from platform_assets.folder import ModelFolder
from platform_assets.model.asked import candidate_key
from platform_assets.model.candidate_model import search
from platform_assets.model.fitted import publish
from platform_assets.model.registry_entry import decide_once
from platform_assets.model.rows import classes, load_rows
from platform_assets.spec import Search
from resources.artifacts import Artifacts
from resources.lake import Lake

RESULT, ARTIFACTS = "again.json", "artifacts"
Report = Callable[[str], None]


@dataclass
class Pace:
    """A clock that stands still until as many trials were told of as the first search came to.

    How far a search gets in its seconds is a matter of the machine; the trials are not.
    """

    tried: int
    seconds: float
    report: Report
    told: int = 0

    def say(self, text: str) -> None:
        self.told += 1
        self.report(text)

    def __call__(self) -> float:
        return self.seconds if self.told >= self.tried else 0.0


def train_again(
    folder: ModelFolder,
    lake: Lake,
    artifacts: Artifacts,
    version: int,
    tried: int,
    report: Report,
) -> dict[str, Any]:
    """Make the candidate of one version of the training set, and its bundle in `artifacts`.

    Returns `digest` and `runtime` of the bundle and the `candidate` key that its inputs have.
    """
    key = candidate_key(folder, lake, version)
    rows = load_rows(lake, folder, version, "train")
    report(f"training on {len(rows.target):,} rows of version {version}")
    pace = Pace(tried, folder.spec.search.seconds, report)
    training = search(folder, rows, pace.say, pace)
    publish(artifacts, folder, key, training, {}, classes(lake, folder, version))
    report("exporting")
    candidate = {"candidate_key": key, "training_set_version": version}
    decided = decide_once(folder, lake, artifacts, candidate)
    return {"digest": decided["digest"], "runtime": decided["runtime"], "candidate": key}


def searching(folder: ModelFolder, search: dict[str, Any]) -> ModelFolder:
    """The model with the search that it had then."""
    asked = Search.model_validate(search)
    return replace(folder, spec=folder.spec.model_copy(update={"search": asked}))


def main(arguments: Sequence[str]) -> int:
    from platform_assets.cli.folders import open_model
    from platform_assets.wiring import build_lake
    from resources.settings import load_settings

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--training-set", type=int, required=True)
    parser.add_argument("--search", type=json.loads, required=True)
    parser.add_argument("--tried", type=int, required=True)
    parser.add_argument("--into", type=Path, required=True)
    asked = parser.parse_args(arguments)
    folder = searching(open_model(asked.model), asked.search)
    artifacts = Artifacts(asked.into / ARTIFACTS)
    lake = build_lake(load_settings())
    found = train_again(folder, lake, artifacts, asked.training_set, asked.tried, _say)
    (asked.into / RESULT).write_text(json.dumps(found, sort_keys=True))
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

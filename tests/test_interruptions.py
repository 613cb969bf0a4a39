"""kill -9 right before and right after every write of every asset; then nothing is lost or doubled.

Each asset starts from what an undisturbed run of the ones before it left. It is killed at its
first point, started again and killed at the next, and so on; the attempt after the last point must
come to its end, and to the same end as the undisturbed run.
"""

import copy
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from resources.artifacts import Artifacts
from resources.registry import Registry
from resources.settings import Settings
from serving.bundle import open_bundle
from tests.support.end_state import graph
from tests.support.fake_serve import FakeServe
from tests.support.interrupted import TOGETHER, Addresses, end_state, play, reached
from tests.support.logged import serve
from tests.support.tiny import Platform, orders

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

GATES = ("roc_auc_reaches", "roc_auc_beats_dummy", "roc_auc_beats_champion", "slices_hold")
ENVIRONMENTS = ("staging", "production")
ACTS = (
    "act.record-attempt",
    "act.apply",
    "act.record-applied",
    "act.await-ready",
    "act.verify",
    "act.record-healthy",
    "act.record-outcome",
)


def around(*writes: str) -> list[str]:
    return [f"{when}:{write}" for write in writes for when in ("before", "after")]


def published(kind: str) -> list[str]:
    write = f"artifacts.publish({kind})"
    return [f"before:{write}", f"before:rename({kind})", f"after:{write}"]


POINTS = {
    "raw": around("lake.commit_behind(tiny/raw)", "lake.append(tiny/arrivals)", "end(raw)"),
    "cleaned": around(
        "lake.commit_behind(tiny/cleaned)",
        "lake.commit_behind(tiny/quarantine)",
        "end(quarantine)",
        "end(cleaned)",
    ),
    "training_set": around("lake.overwrite(tiny/training_set)", "end(training_set)"),
    "candidate_model": [
        *published("candidates"),
        "before:registry.log_training",
        "after:registry.trial(1)",
        "after:registry.trial(2)",
        "after:registry.log_training",
        *around("end(candidate_model)"),
    ],
    "registry_entry": [
        "before:rename(bundles)",
        *published("entries"),
        *around("registry.register", "end(registry_entry)"),
    ],
    "evaluation_report": [
        *published("reports"),
        *around("registry.log_files", "registry.tag_version", "end(evaluation_report)"),
    ],
    "staging_release": around("forge.commit", "end(staging_release)"),
    "staging_deployment": around(*ACTS, "registry.set_alias(staging)", "end(staging_deployment)"),
    "production_promotion": around(
        "forge.open_promotion",
        *(f"forge.set_status({gate})" for gate in GATES),
        "end(production_promotion)",
    ),
    "production_deployment": around(
        *ACTS, "registry.set_alias(champion)", "end(production_deployment)"
    ),
    "predictions": [
        "before:rename(predictions)",
        *around("lake.commit_behind(tiny/predictions)"),
        "before:remove(predictions/1)",
        "before:remove(predictions/2)",
        *around("end(predictions)"),
    ],
    "batch_predictions": around(
        "lake.commit_behind(tiny/batch_predictions)", "end(batch_predictions)"
    ),
}


@dataclass
class Course:
    """An undisturbed run, kept as it was before and after each asset.

    Every attempt happens in the same folder, since MLflow and git remember absolute paths.
    """

    home: Path
    shelf: Path
    serve: FakeServe
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    points: dict[str, list[str]] = field(default_factory=dict)

    @property
    def addresses(self) -> Addresses:
        return Addresses(self.serve.api, self.serve.endpoint)

    def run(self) -> None:
        for asset in POINTS:
            if asset == "predictions":
                self.ask()
            shutil.copytree(self.home, self.shelf / asset)
            self.before[asset] = copy.deepcopy(self.serve.applications)
            assert not play(self.home, self.addresses, asset)
            self.points[asset] = reached(self.home)
            self.after[asset] = self.seen()

    def ask(self) -> None:
        """Leave what the door logs of both environments, and a file that nobody can read."""
        settings = Settings(home=self.home)
        digest = self.serve.digest("tiny")
        folder = Artifacts(settings.artifacts).bundle_folder("tiny", digest)
        rows = orders(3, seed=2)[["amount", "channel"]].to_dict("records")
        for environment in ENVIRONMENTS:
            asked = {f"{environment}-1": rows, f"{environment}-2": rows[:1]}
            serve(settings.predictions, open_bundle(folder, digest), asked, environment)
        damaged = f"{'f' * 16}-00000001.jsonl.gz"
        (settings.predictions / "production" / "tiny" / damaged).write_bytes(b"damaged")

    def back_to(self, asset: str) -> None:
        shutil.rmtree(self.home)
        shutil.copytree(self.shelf / asset, self.home)
        self.serve.applications = copy.deepcopy(self.before[asset])

    def seen(self) -> dict[str, Any]:
        live = {name: self.serve.digest(name) for name in ("staging-tiny", "tiny")}
        return {**end_state(self.home), "live": live}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    home = folder / "home"
    (home / "dagster").mkdir(parents=True)
    quiet = "telemetry: {enabled: false}\npython_logs: {python_log_level: CRITICAL}\n"
    (home / "dagster" / "dagster.yaml").write_text(quiet)
    Registry(f"sqlite:///{home}/mlflow/mlflow.db", home / "mlflow" / "artifacts").prepare()
    with FakeServe() as serve:
        with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
            platform = Platform.create(home, serve, instance)
        frame = orders(400, seed=1)
        frame.loc[:9, "channel"] = "street"
        platform.deliver("day-1.csv", frame)
        made = Course(home, folder / "shelf", serve)
        made.run()
        yield made


def test_every_asset_of_the_graph_has_points():
    assets = {key.path[-1] for one in graph() for key in one.keys}
    assert assets == {*POINTS, *TOGETHER["cleaned"]}


@pytest.mark.parametrize("asset", POINTS)
def test_every_write_of_an_asset_is_a_point(course, asset):
    assert course.points[asset] == POINTS[asset]


def test_the_undisturbed_run_ends_in_production(course):
    end = course.after["production_deployment"]
    assert end["tables"]["tiny/raw"] == [1, 0]
    assert end["tables"]["tiny/quarantine"] == [10, 0]
    assert all(end["checks"].values())
    assert set(end["live"].values()) == set(end["versions"]) != {""}
    assert end["runs"]["trials of each training"] == [2]
    assert len(end["commits"]) == 3


def test_the_undisturbed_run_takes_in_what_was_logged(course):
    end = course.after["predictions"]
    assert end["tables"]["tiny/predictions"] == [8, 0]
    assert end["log"] == ["ffffffffffffffff-00000001.jsonl.gz.unreadable"]
    assert [name for name, passed in end["checks"].items() if not passed] == [
        "predictions.nothing_dropped"
    ]


@pytest.mark.parametrize("asset", POINTS)
def test_an_asset_killed_at_each_of_its_writes_ends_as_if_nothing_had_been(course, asset):
    course.back_to(asset)
    for point in POINTS[asset]:
        assert play(course.home, course.addresses, asset, point), f"{point} was not reached"
    assert not play(course.home, course.addresses, asset)
    assert course.seen() == course.after[asset]

"""The same rows and the same code give the same bundle; whatever differs is told with its cause."""

from dataclasses import replace
from functools import partial

import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from platform_assets.model.rows import PART
from platform_assets.reproduction.again import Pace, searching, train_again
from platform_assets.reproduction.verdict import Outcome, judge
from resources.artifacts import Artifacts
from serving.bundle import BundleContents, open_bundle, write_bundle
from tests.model.conftest import Workshop, workshop_at
from tests.support.tiny import build_pipeline


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A workshop with one registered entry."""
    workshop = workshop_at(tmp_path_factory.mktemp("workshop"))
    return workshop, workshop.entry()


def rebuilt(bundle, store, **changes):
    """The same bundle with other parts."""
    names = ("runtime", "signature", "golden", "reference", "environment", "trusted")
    parts = {name: getattr(bundle, name) for name in names} | changes
    return write_bundle(store, BundleContents(model=bundle.model_bytes(), **parts))


def again(made: tuple[Workshop, dict], place, folder=None, tried=2, report=lambda _: None):
    """What training again comes to, and the verdict on it."""
    workshop, entry = made
    artifacts = Artifacts(place)
    version = entry["training_set_version"]
    found = train_again(folder or workshop.folder, workshop.lake, artifacts, version, tried, report)
    bundles = [
        open_bundle(store.bundle_folder("tiny", digest), digest)
        for store, digest in (
            (workshop.artifacts, entry["bundle_digest"]),
            (artifacts, found["digest"]),
        )
    ]
    where = [(PART, "=", "holdout")]
    rows = workshop.lake.read("tiny/training_set", version, where=where).to_pandas()
    inputs = {"the candidate's fingerprint": (entry["candidate_key"], found["candidate"])}
    return found, judge(*bundles, rows, inputs)


def test_the_same_inputs_give_the_same_digest(made, tmp_path):
    _, entry = made
    found, verdict = again(made, tmp_path)
    assert verdict.outcome is Outcome.EQUAL_DIGEST
    assert found["digest"] == entry["bundle_digest"]
    assert found["candidate"] == entry["candidate_key"]
    assert verdict.sentence() == f"equal digest: {entry['bundle_digest']}"


def test_the_first_bundle_and_its_stores_are_left_alone(made, tmp_path):
    workshop, _ = made
    before = {one: one.stat().st_mtime_ns for one in workshop.artifacts.bundles("tiny").rglob("*")}
    again(made, tmp_path)
    after = {one: one.stat().st_mtime_ns for one in workshop.artifacts.bundles("tiny").rglob("*")}
    assert after == before


def test_another_search_is_told_as_a_difference_with_the_input_at_fault(made, tmp_path):
    workshop, _ = made
    stiff = LogisticRegression(C=0.001)
    folder = workshop.of(search={"trials": 1}).folder
    other = replace(folder, build=lambda: make_pipeline(build_pipeline()[0], stiff))
    _, verdict = again(made, tmp_path, other)
    assert verdict.outcome is Outcome.DIFFERENT
    assert verdict.largest > verdict.tolerance
    assert "the candidate's fingerprint was" in verdict.sentence()
    assert "model.onnx" in verdict.files


def test_an_estimator_without_a_seed_is_told_from_a_changed_input(made, tmp_path):
    workshop, _ = made
    step = partial(RandomForestClassifier, n_estimators=3)
    drawn = replace(workshop.folder, build=lambda: make_pipeline(build_pipeline()[0], step()))
    loose = searching(drawn, {"trials": 1, "space": {}})
    first = again(made, tmp_path / "first", loose)[0]
    unsteady = (replace(workshop, folder=loose, artifacts=Artifacts(tmp_path / "first")), {
        "bundle_digest": first["digest"],
        "candidate_key": first["candidate"],
        "training_set_version": made[1]["training_set_version"],
    })  # fmt: skip
    _, verdict = again(unsteady, tmp_path / "second")
    assert verdict.outcome is Outcome.DIFFERENT
    assert "no input differs, so the estimator does not repeat itself" in verdict.sentence()


def test_progress_is_told_and_the_search_stops_where_it_did(made, tmp_path):
    lines = []
    again(made, tmp_path, tried=1, report=lines.append)
    assert sum(line.startswith("trial ") for line in lines) == 1
    assert lines[0].startswith("training on ")
    assert lines[-1] == "exporting"


def test_the_clock_stands_still_until_as_many_trials_are_done():
    pace = Pace(2, 60.0, lambda _: None)
    seen = [pace()]
    for _ in range(2):
        pace.say("trial")
        seen.append(pace())
    assert seen == [0.0, 0.0, 60.0]


def test_equal_answers_in_another_bundle_say_which_file_differs(made, tmp_path):
    workshop, entry = made
    digest = entry["bundle_digest"]
    first = open_bundle(workshop.artifacts.bundle_folder("tiny", digest), digest)
    other = rebuilt(first, tmp_path, environment={**first.environment, "python": "3.11.0"})
    where = [(PART, "=", "holdout")]
    rows = workshop.lake.read("tiny/training_set", where=where).to_pandas()
    verdict = judge(first, other, rows, {"python": (first.environment["python"], "3.11.0")})
    assert (verdict.outcome, verdict.files) == (Outcome.EQUAL_PREDICTIONS, ("environment.json",))
    assert (verdict.largest, verdict.rows) == (0.0, len(rows))
    assert "python was" in verdict.sentence()
    assert verdict.to_dict()["reproduced"] is True

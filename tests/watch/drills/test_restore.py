"""The restore drill: what git, store and lake give back, and what was only in the state folder."""

import pyarrow as pa
import pytest

from gitops.local_forge import LocalForge
from gitops.manifest import manifest_path
from gitops.record import DeploymentRecord
from platform_assets.watch.drills.restore import comes_back, judged, places, report
from platform_assets.wiring import cloned
from resources.artifacts import Artifacts
from resources.lake import Lake
from resources.settings import Settings
from serving.bundle import write_bundle
from tests.support.bundles import line_contents
from tests.support.releases import SEED, bring, serving


@pytest.fixture
def settings(tmp_path):
    """A machine that serves a line from a store and a lake, as git says."""
    settings = Settings(home=tmp_path / "home")
    artifacts, lake = Artifacts(settings.artifacts), Lake(settings.lake)
    made = write_bundle(artifacts.bundles("line"), line_contents())
    lake.overwrite("line/training_set", pa.table({"a": [1.0, 2.0]}), "one")
    forge = LocalForge.create(settings.gitops_path, SEED)
    bring(forge, serving(made, data_version="training_set@0"))
    record = DeploymentRecord("staging", "line").with_proof(forge.head(), made.digest, "1", "t", ())
    forge.write_record(record, None)
    return settings


def drill(settings, tmp_path):
    forge = cloned(settings, tmp_path / "scratch")
    stores = Artifacts(settings.artifacts), Lake(settings.lake)
    return list(comes_back(forge, *stores, "line", ["staging", "production"]))


def test_a_new_machine_finds_all_that_git_names(settings, tmp_path):
    parts = {one.name: one for one in drill(settings, tmp_path)}
    assert all(one.back for one in parts.values())
    assert parts["staging: bundle"].found == "version 1 answers its 2 golden rows"
    assert parts["staging: rows"].found == "2 rows of training_set@0"
    assert parts["staging: record"].found == "1 proofs"
    assert parts["production"].found == "git names nothing to serve"


def test_nothing_of_the_machine_is_changed(settings, tmp_path):
    before = sorted(settings.home.rglob("*"))
    drill(settings, tmp_path)
    assert sorted(settings.home.rglob("*")) == before


def test_a_bundle_and_rows_that_are_gone_are_named(settings, tmp_path):
    for folder in (settings.artifacts, settings.home / "lake"):
        folder.rename(folder.with_name(f"{folder.name}-lost"))
    parts = drill(settings, tmp_path)
    assert [one.name for one in parts if not one.back] == ["staging: bundle", "staging: rows"]
    assert len(report(parts, [])["does_not"]) == 2


def test_a_damaged_bundle_does_not_come_back(settings, tmp_path):
    (model,) = settings.artifacts.rglob("model.onnx")
    model.chmod(0o600)
    model.write_bytes(b"damaged")
    (lost,) = [one for one in drill(settings, tmp_path) if not one.back]
    assert lost.name == "staging: bundle"


def test_what_lies_in_the_state_folder_is_lost_and_the_setting_that_keeps_it_is_named(tmp_path):
    told = {one.name: one for one in places(Settings(home=tmp_path))}
    assert all(one.inside for one in told.values())
    assert "keep it: SLIPWAY_LAKE_URI" in told["tables"].sentence()
    elsewhere = Settings(home=tmp_path, lake_uri="s3://lake", mlflow_uri="http://mlflow:5000")
    kept = {one.name for one in places(elsewhere) if not one.inside}
    assert kept == {"tables", "MLflow's runs and versions"}


def test_a_folder_whose_name_only_begins_or_ends_like_the_state_folder_is_kept(tmp_path):
    home = tmp_path / "home"
    addresses = {
        "lake_uri": f"s3://bucket{home}/lake",
        "artifacts_uri": f"{home}-artifacts",
        "mlflow_uri": f"sqlite:///{tmp_path}/mlflow.db",
    }
    kept = {one.name for one in places(Settings(home=home, **addresses)) if not one.inside}
    assert kept == {"tables", "bundles and reports", "MLflow's runs and versions"}


def test_a_state_folder_behind_a_link_is_lost_all_the_same(tmp_path):
    """Its places were told as kept, since they are named by the link."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert all(one.inside for one in places(Settings(home=tmp_path / "link")))


def test_that_all_comes_back_is_not_said_without_what_has_to_lie_elsewhere(settings, tmp_path):
    parts = drill(settings, tmp_path)
    found = judged(parts, places(settings))
    assert (bool(found.warnings), found.blocking) == (True, [])
    assert found.text.startswith("in the state folder, and lost with it: git (SLIPWAY_GITOPS_REPO)")
    assert found.text.endswith("; all that git names can be served again")
    assert judged(parts, []).passed


def test_a_manifest_that_cannot_be_read_does_not_come_back(settings, tmp_path):
    forge = LocalForge(settings.gitops_path)
    path = manifest_path("staging", "line")
    forge.commit(forge.head(), {path: "kind: Other\n"}, "Break it")
    assert [one.name for one in drill(settings, tmp_path) if not one.back] == ["staging: manifest"]

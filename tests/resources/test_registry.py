import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mlflow.tracking import MlflowClient

from resources.errors import RegistryError
from resources.registry import ABANDONED, PARENT, Registry, TrainingRecord
from resources.tracking import ERROR

RECORD = TrainingRecord(
    model="fraud",
    fingerprint="f" * 64,
    params={"estimator": "LogisticRegression", "C": 0.5},
    metrics={"average_precision": 0.75},
    tags={"git.commit": "0" * 40},
    dataset_uri="/lake/fraud/training_set",
    dataset_version=3,
    dataset_rows=1000,
    trials=[{"params": {"C": 0.1}, "score": 0.5}, {"params": {"C": 0.5}, "score": 0.75}],
)
DIGEST, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def uri(folder: Path) -> str:
    return f"sqlite:///{folder / 'mlflow' / 'mlflow.db'}"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables, which take MLflow seconds to make."""
    folder = tmp_path_factory.mktemp("prepared")
    Registry(uri(folder), folder / "artifacts").prepare()
    return folder


@pytest.fixture
def registry(prepared: Path, tmp_path: Path) -> Registry:
    shutil.copytree(prepared / "mlflow", tmp_path / "mlflow")
    return Registry(uri(tmp_path), tmp_path / "artifacts")


@pytest.fixture
def client(registry: Registry, tmp_path: Path) -> MlflowClient:
    """MLflow's own view of the same database."""
    return MlflowClient(tracking_uri=uri(tmp_path))


def runs(client: MlflowClient, wanted: str = "") -> list[Any]:
    experiment = client.get_experiment_by_name("fraud")
    return list(client.search_runs([experiment.experiment_id], wanted))


def test_a_training_is_found_by_its_inputs(registry):
    assert registry.find_run("fraud", RECORD.fingerprint) is None
    run = registry.log_training(RECORD)
    assert registry.find_run("fraud", RECORD.fingerprint) == run
    assert registry.find_run("fraud", "e" * 64) is None
    assert registry.find_run("iris", RECORD.fingerprint) is None


def test_a_trial_that_failed_is_a_failed_run_with_its_reason(registry, client):
    failed = {"params": {"C": -1}, "error": "the estimator failed: C must be positive"}
    run = registry.log_training(replace(RECORD, trials=[*RECORD.trials, failed]))
    (child,) = runs(client, f"tags.`{PARENT}` = '{run}' and status = 'FAILED'")
    assert child.data.params == {"C": "-1"}
    assert child.data.tags[ERROR] == failed["error"]
    assert child.data.metrics == {}


def test_a_run_holds_what_the_training_was(registry, client):
    run = client.get_run(registry.log_training(RECORD))
    assert run.info.status == "FINISHED"
    assert run.data.metrics == {"average_precision": 0.75}
    assert run.data.params == {"estimator": "LogisticRegression", "C": "0.5"}
    assert run.data.tags["git.commit"] == "0" * 40
    dataset = run.inputs.dataset_inputs[0].dataset
    assert dataset.digest == "version-3"
    assert dataset.source == '{"uri": "/lake/fraud/training_set", "delta_version": 3}'
    assert dataset.profile == '{"num_rows": 1000}'


def test_every_trial_is_a_child_of_the_run(registry, client):
    run = registry.log_training(RECORD)
    children = runs(client, f"tags.`{PARENT}` = '{run}'")
    scores = {child.data.params["C"]: child.data.metrics["score"] for child in children}
    assert scores == {"0.1": 0.5, "0.5": 0.75}
    assert {child.info.status for child in children} == {"FINISHED"}


def test_logging_the_same_training_twice_gives_the_same_run(registry, client):
    run = registry.log_training(RECORD)
    count = len(runs(client))
    assert registry.log_training(RECORD) == run
    assert len(runs(client)) == count


def test_other_inputs_are_another_run(registry):
    other = replace(RECORD, fingerprint="e" * 64)
    assert registry.log_training(RECORD) != registry.log_training(other)


DIE_AT_THE_SECOND_TRIAL = """
import os, sys
from pathlib import Path
from resources.registry import Registry
from tests.resources.test_registry import RECORD, uri

class Dying(Registry):
    def _log_trial(self, experiment, parent, number, trial):
        if number == 2:
            run = self._client.create_run(experiment, tags={"mlflow.parentRunId": parent})
            print(parent, run.info.run_id, flush=True)
            os.kill(os.getpid(), 9)
        super()._log_trial(experiment, parent, number, trial)

Dying(uri(Path(sys.argv[1])), Path(sys.argv[1]) / "artifacts").log_training(RECORD)
"""


def test_what_a_killed_process_left_behind_is_marked_and_never_found(registry, client, tmp_path):
    command = [sys.executable, "-c", DIE_AT_THE_SECOND_TRIAL, str(tmp_path)]
    killed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    assert killed.returncode == -9
    left = killed.stdout.split()
    assert registry.find_run("fraud", RECORD.fingerprint) is None
    run = registry.log_training(RECORD)
    assert registry.find_run("fraud", RECORD.fingerprint) == run
    for one in map(client.get_run, left):
        assert one.info.status == "FAILED"
        assert one.data.tags[ABANDONED] == "its process ended before it did"
    assert runs(client, "status = 'RUNNING'") == []


def test_a_bundle_is_registered_once(registry):
    run = registry.log_training(RECORD)
    assert registry.find_version("fraud", DIGEST) is None
    made = registry.register("fraud", run, DIGEST, "file:///bundles/a", {"task": "binary"})
    assert (made.version, made.digest, made.run_id) == ("1", DIGEST, run)
    assert (made.model, made.bundle_uri) == ("fraud", "file:///bundles/a")
    assert made.tags["task"] == "binary"
    assert registry.register("fraud", run, DIGEST, "file:///elsewhere", {}) == made
    assert registry.find_version("fraud", DIGEST) == made


def test_a_version_says_what_it_was_last_told(registry):
    run = registry.log_training(RECORD)
    registry.register("fraud", run, DIGEST, "file:///b", {"code": "dirty", "task": "binary"})
    again = registry.register("fraud", run, DIGEST, "file:///b", {"code": "committed"})
    registry.tag_version("fraud", again.version, {"verdict": "pass"})
    found = registry.find_version("fraud", DIGEST)
    told = {name: found.tags[name] for name in ("code", "task", "verdict")}
    assert told == {"code": "committed", "task": "binary", "verdict": "pass"}
    assert again.tags["code"] == "committed"


def test_what_a_run_says_can_be_replaced_and_added_to(registry):
    run = registry.log_training(RECORD)
    registry.tag_run(run, {"git.commit": "1" * 40, "more": "words"})
    tags = registry.run_tags(run)
    assert (tags["git.commit"], tags["more"]) == ("1" * 40, "words")


def test_versions_are_listed_newest_first(registry):
    run = registry.log_training(RECORD)
    digests = [f"sha256:{number:064}" for number in range(11)]
    for digest in digests:
        registry.register("fraud", run, digest, "file:///b", {})
    assert [one.digest for one in registry.versions("fraud")] == digests[::-1]
    assert registry.versions("iris") == []


def test_a_deleted_version_is_forgotten(registry):
    run = registry.log_training(RECORD)
    for digest in (DIGEST, OTHER):
        registry.register("fraud", run, digest, "file:///b", {})
    registry.delete_version("fraud", "1")
    assert [one.version for one in registry.versions("fraud")] == ["2"]
    assert registry.register("fraud", run, DIGEST, "file:///b", {}).version == "3"


def test_a_deleted_run_goes_with_its_trials_and_files_and_is_not_found_again(
    registry, client, tmp_path
):
    run = registry.log_training(RECORD)
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "index.html").write_text("<html>")
    registry.log_files(run, tmp_path / "report", "evaluation")
    registry.delete_run(run)
    assert registry.find_run("fraud", RECORD.fingerprint) is None
    assert runs(client) == []
    assert not (tmp_path / "artifacts" / "fraud" / run).exists()
    assert registry.log_training(RECORD) != run


def test_an_alias_names_one_version_and_can_be_moved(registry):
    run = registry.log_training(RECORD)
    assert registry.aliases("fraud") == {}
    for digest in (DIGEST, OTHER):
        registry.register("fraud", run, digest, "file:///b", {})
    registry.set_alias("fraud", "champion", "1")
    assert registry.aliases("fraud") == {"champion": "1"}
    registry.set_alias("fraud", "champion", "2")
    assert registry.aliases("fraud") == {"champion": "2"}
    registry.drop_alias("fraud", "champion")
    assert registry.aliases("fraud") == {}


def test_an_alias_for_a_version_that_is_not_there_is_refused(registry, tmp_path):
    with pytest.raises(RegistryError, match=r"MLflow at 'sqlite:.* refused: .*fraud"):
        registry.set_alias("fraud", "champion", "7")


def test_files_can_be_added_to_a_run(registry, client, tmp_path):
    run = registry.log_training(RECORD)
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "index.html").write_text("<html>")
    registry.log_files(run, tmp_path / "report", "evaluation")
    assert [one.path for one in client.list_artifacts(run, "evaluation")] == [
        "evaluation/index.html"
    ]
    assert (tmp_path / "artifacts" / "fraud" / run / "artifacts/evaluation/index.html").is_file()


def test_a_tag_for_a_run_that_is_not_there_is_refused(registry):
    with pytest.raises(RegistryError, match=r"refused: .*Run with id=.*not found"):
        registry.tag_run("0" * 32, {"holdout": "0.5"})


def test_importing_the_registry_imports_no_mlflow():
    program = "import sys, resources.registry; sys.exit('mlflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_tracking_server_that_does_not_answer_is_refused_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    registry = Registry("http://127.0.0.1:8169", tmp_path)
    with pytest.raises(RegistryError, match=r"MLflow at 'http://127\.0\.0\.1:8169' refused: "):
        registry.versions("fraud")

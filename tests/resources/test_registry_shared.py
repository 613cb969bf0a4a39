"""One database under several processes, and behind a server."""

import multiprocessing
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import httpx
import pytest

from resources.registry import Registry
from tests.resources.test_registry import DIGEST, RECORD, uri
from tests.support.mlflow_server import mlflow_server

PORT = 8160


def log_in_step(folder: str, barrier: Barrier, answers: Any) -> None:
    registry = Registry(uri(Path(folder)), Path(folder) / "artifacts")
    barrier.wait(120)
    registry.find_run("fraud", RECORD.fingerprint)
    run = registry.log_training(RECORD)
    answers.put((run, registry.register("fraud", run, DIGEST, "file:///b", {}).version))


@pytest.mark.slow
def test_processes_that_meet_at_a_new_database_make_one_of_everything(tmp_path):
    spawn = multiprocessing.get_context("spawn")
    barrier, answers = spawn.Barrier(2), spawn.Queue()
    arguments = (str(tmp_path), barrier, answers)
    writers = [spawn.Process(target=log_in_step, args=arguments) for _ in range(2)]
    for writer in writers:
        writer.start()
    given = [answers.get(timeout=120) for _ in writers]
    for writer in writers:
        writer.join()
    registry = Registry(uri(tmp_path), tmp_path / "artifacts")
    assert given[0] == given[1] == (registry.find_run("fraud", RECORD.fingerprint), "1")
    assert len(registry.versions("fraud")) == 1


@pytest.mark.slow
def test_a_database_killed_while_it_was_made_is_made_anew(tmp_path):
    program = (
        "import sys; from pathlib import Path; from resources.registry import Registry; "
        "Registry(sys.argv[1], Path(sys.argv[2])).prepare()"
    )
    database = tmp_path / "mlflow" / "mlflow.db"
    command = [sys.executable, "-c", program, uri(tmp_path), str(tmp_path / "artifacts")]
    with subprocess.Popen(command) as maker:
        deadline = time.monotonic() + 120
        while not any(database.parent.glob(".mlflow.db.new*")):
            assert time.monotonic() < deadline
            assert maker.poll() is None
            time.sleep(0.01)
        maker.kill()
    assert not database.exists()
    registry = Registry(uri(tmp_path), tmp_path / "artifacts")
    assert registry.log_training(RECORD) == registry.find_run("fraud", RECORD.fingerprint)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder with a database, and the address of MLflow's server on it."""
    folder = tmp_path_factory.mktemp("served")
    Registry(uri(folder), folder / "artifacts").prepare()
    with mlflow_server(folder, uri(folder), PORT) as ui:
        yield folder, ui


@pytest.mark.slow
def test_the_addresses_of_runs_and_files_are_those_of_a_running_server(served, tmp_path):
    folder, ui = served
    registry = Registry(uri(folder), folder / "artifacts")
    run = registry.log_training(RECORD)
    (tmp_path / "a page.html").write_text("<html>evidence</html>")
    registry.log_files(run, tmp_path, "evaluation")
    page = registry.file_url(ui, run, "evaluation/a page.html")
    assert page.startswith(f"{registry.run_url(ui, 'fraud', run)}/")
    path = page.rpartition("/artifacts/")[2]
    with httpx.Client(trust_env=False, timeout=60) as browser:
        assert browser.get(page).status_code == 200
        file = browser.get(f"{ui}/get-artifact?path={path}&run_uuid={run}")
    assert file.text == "<html>evidence</html>"


@pytest.mark.slow
def test_a_registry_behind_a_server_keeps_the_same_promises(served):
    folder, ui = served
    local, remote = (Registry(address, folder / "artifacts") for address in (uri(folder), ui))
    record = replace(RECORD, model="remote")
    run = remote.log_training(record)
    assert remote.log_training(record) == run == local.find_run("remote", record.fingerprint)
    made = remote.register("remote", run, DIGEST, "file:///bundles/a", {})
    assert made.bundle_uri == "file:///bundles/a"
    remote.set_alias("remote", "champion", made.version)
    assert remote.aliases("remote") == {"champion": "1"}
    assert local.find_version("remote", DIGEST) == made

"""A run is a process of its own, and Dagster is told whether it lives."""

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import dagster as dg
import psutil
import pytest
from dagster._core.launcher import WorkerStatus

from platform_assets.runs.launcher import WORKER_TAG, LocalRunLauncher, Worker, forked

ME = Worker(os.getpid(), psutil.Process().create_time())


@dg.job
def nothing() -> None:
    """Stands in for any job."""


@pytest.fixture
def launcher(tmp_path):
    """The launcher of an instance that lives as long as the test."""
    overrides = {
        "run_launcher": {
            "module": "platform_assets.runs.launcher",
            "class": "LocalRunLauncher",
            "config": {"host_socket": str(tmp_path / "none.sock"), "logs": str(tmp_path)},
        }
    }
    with dg.instance_for_test(overrides=overrides, temp_dir=str(tmp_path)) as instance:
        yield instance.run_launcher


def run_of(launcher, worker=None, status=dg.DagsterRunStatus.STARTED):
    tags = {WORKER_TAG: worker.to_tag()} if worker else {}
    return launcher._instance.create_run_for_job(nothing, tags=tags, status=status)


def ended() -> Worker:
    process = subprocess.Popen((sys.executable, "-c", ""))
    created = psutil.Process(process.pid).create_time()
    process.wait()
    return Worker(process.pid, created)


def test_a_worker_survives_the_way_through_a_tag():
    told = Worker.from_tags({WORKER_TAG: ME.to_tag()})
    assert told.process == psutil.Process()
    assert Worker.from_tags({}) is None


def test_a_run_whose_process_lives_is_running(launcher):
    assert launcher.supports_check_run_worker_health
    assert launcher.check_run_worker_health(run_of(launcher, ME)).status is WorkerStatus.RUNNING


def test_a_run_whose_process_is_gone_has_failed(launcher):
    result = launcher.check_run_worker_health(run_of(launcher, ended()))
    assert result.status is WorkerStatus.FAILED
    assert "is gone" in result.msg


def test_a_process_id_that_is_used_again_does_not_keep_a_run_alive(launcher):
    stranger = Worker(ME.pid, ME.created - 3600)
    assert (
        launcher.check_run_worker_health(run_of(launcher, stranger)).status is WorkerStatus.FAILED
    )


def test_a_run_without_a_known_process_is_not_found(launcher):
    assert launcher.check_run_worker_health(run_of(launcher)).status is WorkerStatus.NOT_FOUND


def test_terminating_ends_the_process_and_says_so(launcher):
    process = subprocess.Popen((sys.executable, "-c", "import time; time.sleep(300)"))
    worker = Worker(process.pid, psutil.Process(process.pid).create_time())
    run = run_of(launcher, worker)
    assert launcher.terminate(run.run_id)
    assert process.wait(10) == -15
    assert launcher._instance.get_run_by_id(run.run_id).status is dg.DagsterRunStatus.CANCELING


def test_a_run_that_ended_cannot_be_terminated(launcher):
    run = run_of(launcher, ended(), dg.DagsterRunStatus.SUCCESS)
    assert not launcher.terminate(run.run_id)


@pytest.mark.parametrize("reply", [b"", b'{"stale": true}\n', b"nonsense\n"])
def test_a_host_that_cannot_help_is_as_none(tmp_path, reply):
    path = tmp_path / "host.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        answering = threading.Thread(target=_answer, args=(server, reply))
        answering.start()
        assert forked(str(path), ["api", "execute_run", "{}"]) is None
        answering.join()


def _answer(server: socket.socket, reply: bytes) -> None:
    connection, _ = server.accept()
    with connection:
        assert json.loads(connection.makefile().readline())["command"][0] == "api"
        connection.sendall(reply)


def test_without_a_host_there_is_none(tmp_path: Path):
    assert forked(str(tmp_path / "none.sock"), ["api"]) is None


def test_the_configuration_says_what_is_missing():
    assert set(LocalRunLauncher.config_type()) == {"host_socket", "logs"}

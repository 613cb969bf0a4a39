"""A run is a process of its own, and Dagster is told whether it lives."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import dagster as dg
import psutil
import pytest
from dagster._core.events import DagsterEvent
from dagster._core.launcher import LaunchRunContext, WorkerStatus
from dagster._core.storage.tags import MAX_RETRIES_TAG

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
    # Dagster copies what SIGINT does to SIGTERM, and SIGINT is ignored where tests run with `&`.
    program = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_DFL); "
        "print(1, flush=True); time.sleep(300)"
    )
    process = subprocess.Popen((sys.executable, "-c", program), stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"1\n"
    worker = Worker(process.pid, psutil.Process(process.pid).create_time())
    run = run_of(launcher, worker)
    assert launcher.terminate(run.run_id)
    assert process.communicate(timeout=60) == (b"", None)
    assert process.returncode == -15
    found = launcher._instance.get_run_by_id(run.run_id)
    assert (found.status, found.tags[MAX_RETRIES_TAG]) == (dg.DagsterRunStatus.CANCELING, "0")


def test_compiled_code_that_hears_nothing_is_killed_after_a_while(launcher, monkeypatch):
    monkeypatch.setattr("platform_assets.runs.launcher.END_SECONDS", 0.2)
    program = (
        "import itertools, signal; signal.signal(signal.SIGTERM, lambda *_: exit()); "
        "print(1, flush=True); sum(itertools.repeat(1))"
    )
    process = subprocess.Popen((sys.executable, "-c", program), stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"1\n"
    worker = Worker(process.pid, psutil.Process(process.pid).create_time())
    assert launcher.terminate(run_of(launcher, worker).run_id)
    process.communicate(timeout=60)
    assert process.returncode == -9


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


def test_a_run_that_just_began_may_still_wait_for_its_tag(launcher):
    run = run_of(launcher, status=dg.DagsterRunStatus.NOT_STARTED)
    launcher._instance.report_engine_event("begins", run)
    launcher._instance.handle_new_event(start_of(run))
    found = launcher._instance.get_run_by_id(run.run_id)
    assert launcher.check_run_worker_health(found).status is WorkerStatus.RUNNING


def start_of(run):
    event = DagsterEvent(dg.DagsterEventType.RUN_START.value, job_name=run.job_name)
    return dg.EventLogEntry(
        error_info=None,
        user_message="",
        level="debug",
        run_id=run.run_id,
        timestamp=time.time(),
        job_name=run.job_name,
        dagster_event=event,
    )


def test_a_run_that_nobody_knows_cannot_be_terminated(launcher):
    assert not launcher.terminate("no such run")


def test_a_run_that_does_not_say_where_its_code_is_is_not_launched(launcher):
    run = run_of(launcher)
    context = LaunchRunContext(dagster_run=run, workspace=None)
    with pytest.raises(dg.DagsterInvariantViolationError, match="does not say where its code is"):
        launcher.launch_run(context)
    assert WORKER_TAG not in launcher._instance.get_run_by_id(run.run_id).tags


def test_without_a_host_a_run_is_a_session_of_its_own_with_a_log(launcher, tmp_path):
    program = "import os; print('begun', os.getsid(0) == os.getpid(), flush=True)"
    worker = launcher._interpreter((sys.executable, "-c", program))
    (child,) = launcher._fresh
    assert (child.pid, child.wait(60)) == (worker.pid, 0)
    assert (tmp_path / "runs-fresh.log").read_text() == "begun True\n"

"""The host that forks runs: what is asked, what a child becomes, and when its code is old."""

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from platform_assets.runs import host
from platform_assets.runs.launcher import forked

CHILD = (
    "import sys; from pathlib import Path; from platform_assets.runs import host\n"
    "seen = {seen!r} or host.fingerprint(host.CHECKOUT)\n"
    "with host.listen(Path(sys.argv[1])) as server: command = host.serve(server, seen)\n"
    "told = Path(sys.argv[2]); hidden = told.with_suffix('.part')\n"
    "hidden.write_text(repr(command)); hidden.replace(told)\n"
)


@pytest.fixture
def run_host(tmp_path):
    """Start a host without Dagster: its children write down what they were told."""
    started = []

    def start(seen: str = "") -> tuple[str, Path]:
        path, told = tmp_path / "host.sock", tmp_path / "told"
        program = CHILD.format(seen=seen)
        started.append(subprocess.Popen((sys.executable, "-c", program, str(path), str(told))))
        _wait_for(path)
        return str(path), told

    yield start
    for process in started:
        process.kill()
        process.wait()


def _wait_for(path: Path) -> None:
    done = threading.Event()
    for _ in range(1500):
        if path.exists():
            return
        done.wait(0.02)
    raise TimeoutError(path)


def test_a_child_gets_the_command_and_is_named_by_its_process(run_host):
    path, told = run_host()
    worker = forked(path, ["api", "execute_run", "{}"])
    _wait_for(told)
    assert worker.pid != os.getpid()
    assert told.read_text() == repr(["api", "execute_run", "{}"])


def test_the_host_serves_one_run_after_another(run_host):
    path, _ = run_host()
    workers = {forked(path, ["api", "execute_run", str(number)]).pid for number in range(3)}
    assert len(workers) == 3


def test_a_host_whose_code_changed_says_so_and_ends_to_begin_anew(run_host):
    path, told = run_host(seen="what the code was before")
    assert forked(path, ["api", "execute_run", "{}"]) is None
    _wait_for(told)
    assert told.read_text() == "None"


ENDING = (
    "import os, sys\n"
    "import onnxruntime\n"
    "from platform_assets.runs import host\n"
    "child = os.fork()\n"
    "if not child:\n"
    "    host.leave(sys.argv[1:])\n"
    "print(child, flush=True)\n"
    "sys.stdin.read()\n"
)


@pytest.mark.parametrize("words", [["api", "--help"], ["api", "no-such-command"]])
def test_a_run_leaves_no_process_behind(words):
    """Each run's process stayed, waiting for a thread of onnxruntime: 100 runs took 20 GB."""
    command = (sys.executable, "-c", ENDING, *words)
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as host_process:
        try:
            lines = iter(host_process.stdout.readline, "")
            child = psutil.Process(int(next(line for line in lines if line.strip().isdecimal())))
            gone = threading.Event()
            for _ in range(6000):
                if not child.is_running() or child.status() == psutil.STATUS_ZOMBIE:
                    break
                gone.wait(0.02)
            else:
                child.kill()
                pytest.fail("the process of a run that ended is still there")
        except psutil.NoSuchProcess:
            pass
        finally:
            host_process.stdin.close()
            host_process.wait()


def test_a_caller_that_goes_away_does_no_harm(run_host):
    path, _ = run_host()
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(path)
    assert forked(path, ["api", "execute_run", "{}"]) is not None


@pytest.mark.parametrize("name", ["serving/scorer.py", "platform_assets/defs/fraud/defs.yaml"])
def test_the_fingerprint_changes_with_code_and_specification(tmp_path, name):
    file = tmp_path / name
    file.parent.mkdir(parents=True)
    file.write_text("one")
    before = host.fingerprint(tmp_path)
    assert host.fingerprint(tmp_path) == before
    file.write_text("three")
    assert host.fingerprint(tmp_path) != before


def test_other_files_do_not_change_the_fingerprint(tmp_path):
    (tmp_path / "serving").mkdir()
    before = host.fingerprint(tmp_path)
    (tmp_path / "serving" / "notes.txt").write_text(json.dumps({}))
    assert host.fingerprint(tmp_path) == before


def test_a_socket_that_a_dead_host_left_behind_is_no_obstacle(tmp_path):
    path = tmp_path / "host.sock"
    host.listen(path).close()
    with host.listen(path), socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(path))


def test_a_host_that_is_not_told_where_to_listen_explains_itself(capsys):
    with pytest.raises(SystemExit, match="2"):
        host.main(["--module", "platform_assets.definitions"])
    assert "--socket" in capsys.readouterr().err


@pytest.mark.parametrize("package", host.PACKAGES)
def test_a_file_that_is_gone_changes_the_fingerprint(tmp_path, package):
    file = tmp_path / package / "module.py"
    file.parent.mkdir()
    before = host.fingerprint(tmp_path)
    file.write_text("")
    with_it = host.fingerprint(tmp_path)
    file.unlink()
    assert with_it != before == host.fingerprint(tmp_path)

"""Processes are found by their mark and ended by pid, whoever their parent is."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from platform_assets.cli.stack.layout import MARK, SERVICE
from platform_assets.cli.stack.processes import end, marked, same, sweep

SLEEPER = "import time; time.sleep(300)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); "
PARENT = (
    "import subprocess, sys; "
    f"child = subprocess.Popen([sys.executable, '-c', {SLEEPER!r}], start_new_session=True); "
    "print(child.pid, flush=True); "
)
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def mark() -> str:
    return f"test-{os.getpid()}-{time.monotonic_ns()}"


@pytest.fixture
def start(mark: str) -> Iterator[Start]:
    started = []

    def run(program: str, service: str = "toy") -> subprocess.Popen[str]:
        environment = {**os.environ, MARK: mark, SERVICE: service}
        command = (sys.executable, "-c", program)
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield run
    assert sweep(mark, 0.0) == []
    for process in started:
        process.wait(60)
        process.stdout.close()


def pids(mark: str, service: str | None = None) -> set[int]:
    return {process.pid for process in marked(mark, service)}


def test_a_process_is_found_after_its_parent_is_gone(start, mark):
    parent = start(PARENT + SLEEPER)
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    assert pids(mark) == {child}


def test_processes_are_told_apart_by_service(start, mark):
    one, other = start(SLEEPER, "one"), start(SLEEPER, "other")
    assert pids(mark, "one") == {one.pid}
    assert pids(mark) == {one.pid, other.pid}


def test_the_caller_and_its_ancestors_are_spared(start, mark):
    program = (
        "import os, sys; from platform_assets.cli.stack.processes import marked; "
        f"print([process.pid for process in marked({mark!r})])"
    )
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {program!r}])"
    assert start(nested).stdout.readline() == "[]\n"


def test_a_process_that_ignores_the_request_is_killed(start, mark):
    process = start(STUBBORN + SLEEPER)
    process.stdout.readline()
    assert end(marked(mark), patience=0.2) == []
    assert not psutil.pid_exists(process.pid)


def test_sweeping_leaves_nothing_and_may_be_repeated(start, mark):
    parent = start(PARENT + SLEEPER)
    parent.stdout.readline()
    assert sweep(mark, 1.0) == []
    assert pids(mark) == set()
    assert sweep(mark, 1.0) == []


def test_a_pid_that_is_used_again_is_not_the_same_process(start):
    process = psutil.Process(start(SLEEPER).pid)
    assert same(process.pid, process.create_time()) == process
    assert same(process.pid, process.create_time() - 60) is None


def test_a_dead_process_is_nobody(start):
    running = start(SLEEPER)
    created = psutil.Process(running.pid).create_time()
    running.kill()
    psutil.wait_procs([psutil.Process(running.pid)], timeout=60)
    assert same(running.pid, created) is None

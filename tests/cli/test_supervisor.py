"""The supervisor with small services: real processes, real kills."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil
import pytest

from platform_assets.cli.stack import ray_service
from platform_assets.cli.stack.health import SocketProbe
from platform_assets.cli.stack.layout import Layout
from platform_assets.cli.stack.ports import is_free
from platform_assets.cli.stack.processes import marked
from platform_assets.cli.stack.services import Service, environment
from platform_assets.cli.stack.state import (
    Phase,
    ServiceState,
    StackState,
    read_state,
    write_state,
)
from platform_assets.cli.stack.supervisor import Supervisor, choose_ports, prepare, sole

SECONDS = 120.0
SERVER = (
    "import os, socket, subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'],"
    " start_new_session=True)\n"
    "path = sys.argv[1]\n"
    "if os.path.exists(path): os.unlink(path)\n"
    "server = socket.socket(socket.AF_UNIX); server.bind(path); server.listen()\n"
    "while True: server.accept()[0].close()\n"
)
COUNTER = "import sys; open(sys.argv[1], 'a').write('x')"


@dataclass
class Running:
    """A supervisor at work in a thread."""

    layout: Layout
    supervisor: Supervisor
    thread: threading.Thread

    def state(self) -> StackState:
        found = read_state(self.layout.state)
        assert found is not None
        return found

    def wait(self, condition: Callable[[StackState], object]) -> StackState:
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            state = read_state(self.layout.state)
            if state is not None and state.pid and condition(state):
                return state
            time.sleep(0.02)
        raise TimeoutError(self.layout.state.read_text())

    def stop(self) -> None:
        self.supervisor.stop()
        self.thread.join(SECONDS)


Begin = Callable[..., Running]


@pytest.fixture
def begin(layout: Layout) -> Iterator[Begin]:
    started = []

    def run(*services: Service) -> Running:
        supervisor = Supervisor(layout, services, {})
        thread = threading.Thread(target=supervisor.run)
        thread.start()
        started.append(Running(layout, supervisor, thread))
        return started[-1]

    yield run
    for running in started:
        running.stop()
    for process in marked(layout.mark):
        process.kill()


@pytest.fixture
def orphans(layout: Layout) -> Iterator[Callable[..., dict[str, int]]]:
    """Start services and publish them as a supervisor does that was killed afterwards."""
    started: dict[str, subprocess.Popen[bytes]] = {}

    def leave(*services: Service) -> dict[str, int]:
        for one in services:
            started[one.name] = subprocess.Popen(one.command, env=environment(layout, one))
        states = {
            name: ServiceState(
                Phase.HEALTHY, process.pid, psutil.Process(process.pid).create_time()
            )
            for name, process in started.items()
        }
        write_state(layout.state, StackState(0, 0.0, services=states))
        return {name: process.pid for name, process in started.items()}

    yield leave
    for process in started.values():
        process.kill()
        process.wait()


def server(layout: Layout, name: str = "server", **fields) -> Service:
    """A service with a child of its own that outlives it."""
    path = layout.socket(name)
    command = (sys.executable, "-c", SERVER, str(path))
    return Service(name, command, probe=SocketProbe(path), **fields)


def counter(layout: Layout, *after: str) -> Service:
    file = str(layout.folder / "count")
    return Service("count", (sys.executable, "-c", COUNTER, file), after=after, one_shot=True)


def up(state: StackState) -> bool:
    return state.settled


def test_a_service_that_is_killed_comes_back_and_what_it_left_is_gone(begin, layout):
    running = begin(server(layout))
    first = running.wait(up).services["server"]
    left = psutil.Process(first.pid).children()
    os.kill(first.pid, signal.SIGKILL)
    second = running.wait(lambda state: state.settled and state.services["server"].pid != first.pid)
    assert second.services["server"].process() is not None
    assert [process for process in left if process.is_running()] == []


def test_what_comes_after_a_service_waits_for_it(begin, layout):
    running = begin(counter(layout, "server"), server(layout))
    running.wait(up)
    log = (layout.folder / "count").read_text()
    assert log == "x"


def test_what_comes_after_a_service_runs_again_when_it_came_back(begin, layout):
    running = begin(server(layout), counter(layout, "server"))
    first = running.wait(up).services["server"].pid
    os.kill(first, signal.SIGKILL)
    running.wait(lambda state: state.settled and (layout.folder / "count").read_text() == "xx")


def test_a_service_that_ends_at_once_is_tried_again_and_says_so(begin, layout):
    running = begin(Service("broken", (sys.executable, "-c", "raise SystemExit(4)")))
    state = running.wait(lambda state: state.services["broken"].starts == 2)
    assert state.services["broken"].message == "ended with 4"


def test_stopping_ends_every_process_of_the_stack(begin, layout):
    running = begin(server(layout), server(layout, "other"))
    running.wait(up)
    running.stop()
    assert marked(layout.mark) == []
    assert {one.phase for one in running.state().services.values()} == {Phase.STOPPED}


def test_a_new_supervisor_takes_over_what_still_runs(begin, orphans, layout):
    left = orphans(server(layout))
    state = begin(server(layout)).wait(up)
    assert state.services["server"].pid == left["server"]


def test_a_new_supervisor_starts_only_what_is_missing(begin, orphans, layout):
    left = orphans(server(layout))
    services = begin(server(layout), server(layout, "other")).wait(up).services
    assert services["server"].pid == left["server"]
    assert services["other"].process() is not None


def test_each_start_has_a_log_of_its_own(begin, layout):
    running = begin(Service("broken", (sys.executable, "-c", "print('here'); raise SystemExit(4)")))
    running.wait(lambda state: state.services["broken"].starts == 2)
    assert layout.log("broken").with_suffix(".log.1").read_text() == "here\n"


def test_nothing_is_published_half(begin, layout):
    running = begin(server(layout))
    running.wait(up)
    assert json.loads(layout.state.read_text())["pid"] == os.getpid()


def test_a_second_supervisor_of_the_same_stack_stands_back(layout):
    with sole(layout) as alone, sole(layout) as second:
        assert alone
        assert not second
    with sole(layout) as later:
        assert later


@pytest.fixture
def ray_runs(layout, here):
    """A Ray that outlived its supervisor, with the ports it was given."""
    ports = {name: 40_000 + number for number, name in enumerate(ray_service.PORTS)}
    ray = ServiceState(Phase.HEALTHY, *here)
    write_state(layout.state, StackState(0, 0.0, ports, {"ray": ray}))
    return ports


@pytest.fixture
def here():
    """This process, in the part of Ray."""
    me = psutil.Process()
    return me.pid, me.create_time()


def test_the_ports_of_a_ray_that_still_runs_are_kept(layout, ray_runs):
    assert choose_ports(layout) == ray_runs


def test_a_ray_that_is_gone_gets_ports_that_are_free(layout):
    dead = ServiceState(Phase.HEALTHY, 2**22 - 1, 1.0)
    write_state(layout.state, StackState(0, 0.0, {"ray_agent": 1}, {"ray": dead}))
    chosen = choose_ports(layout)
    assert set(chosen) == set(ray_service.PORTS)
    assert len(set(chosen.values())) == len(chosen)
    assert all(is_free(port) for port in chosen.values())


def test_nothing_is_written_under_the_feet_of_a_ray_that_runs(layout, ray_runs):
    prepare(layout)
    assert (layout.settings.dagster_home / "dagster.yaml").is_file()
    assert not layout.settings.ray_token_file.exists()


def test_a_new_ray_finds_its_token_written(layout):
    prepare(layout)
    assert layout.settings.ray_token_file.read_text()


def test_a_service_that_is_not_ready_in_time_is_ended_and_tried_again(begin, layout):
    sleeper = (sys.executable, "-c", "import time; time.sleep(300)")
    deaf = Service("deaf", sleeper, probe=SocketProbe(layout.socket("deaf")), patience=0.3)
    running = begin(deaf)
    first = running.wait(lambda state: state.services["deaf"].pid).services["deaf"].pid
    state = running.wait(lambda state: state.services["deaf"].phase is Phase.BACKOFF)
    assert state.services["deaf"].message == "not ready within 0.3 s"
    assert not psutil.pid_exists(first) or psutil.Process(first).status() == "zombie"


def test_an_optional_service_does_not_keep_the_stack_from_being_up(begin, layout):
    ends = (sys.executable, "-c", "raise SystemExit(3)")
    optional = Service("extra", ends, probe=SocketProbe(layout.socket("extra")), optional=True)
    running = begin(server(layout), optional)
    state = running.wait(lambda state: state.services["extra"].message and up(state))
    assert state.services["extra"].message == "ended with 3"

"""What the supervisor publishes, and what is believed of it."""

import os

import psutil
import pytest

from platform_assets.cli.stack.state import (
    Phase,
    ServiceState,
    StackState,
    read_state,
    running_services,
    write_state,
)

ME = psutil.Process()


def stack(**phases):
    services = {name: ServiceState(phase=phase) for name, phase in phases.items()}
    return StackState(ME.pid, ME.create_time(), services=services)


def test_what_is_published_is_read_again(tmp_path):
    state = StackState(
        7, 3.5, {"ray_agent": 5}, {"ray": ServiceState(Phase.BACKOFF, 8, 1.5, 2.5, 3, "why", "at")}
    )
    write_state(tmp_path / "state.json", state)
    assert read_state(tmp_path / "state.json") == state
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"services": {"ray": {"phase": "asleep"}}}'])
def test_what_cannot_be_read_is_as_if_nothing_was_published(tmp_path, text):
    (tmp_path / "state.json").write_text(text)
    assert read_state(tmp_path / "state.json") is None


def test_nothing_published_is_no_state(tmp_path):
    assert read_state(tmp_path / "state.json") is None
    assert running_services(None) == {}


def test_only_services_whose_process_lives_are_running():
    living = ServiceState(Phase.HEALTHY, os.getpid(), ME.create_time())
    reused = ServiceState(Phase.HEALTHY, os.getpid(), ME.create_time() - 60)
    state = StackState(0, 0.0, services={"one": living, "two": reused, "three": ServiceState()})
    assert running_services(state) == {"one": living}


def test_a_stack_is_settled_when_each_service_is_up_or_done():
    assert stack(ray=Phase.HEALTHY, serve=Phase.DONE).settled
    assert not stack(ray=Phase.HEALTHY, serve=Phase.STARTING).settled


def test_an_optional_service_keeps_nobody_waiting():
    services = {"runs": ServiceState(Phase.BACKOFF, optional=True)}
    assert StackState(1, 1.0, services=services).settled


def test_a_supervisor_without_a_process_is_none():
    assert stack().supervisor() == ME
    assert StackState(0, 0.0).supervisor() is None

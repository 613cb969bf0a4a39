"""What `up` says on the way."""

import socket

import psutil
import pytest

from platform_assets.cli.console import Progress
from platform_assets.cli.errors import PortTaken, ServiceFailed, SupervisorFailed
from platform_assets.cli.stack import control
from platform_assets.cli.stack.state import Phase, ServiceState, StackState, read_state, write_state
from platform_assets.cli.up_down import _Reporter
from tests.support.object_stores import careless_server


def stack(**services):
    return StackState(1, 1.0, services=services)


def told(capsys, *states):
    reporter = _Reporter(Progress())
    for state in states:
        reporter(state)
    return [line.partition("s  ")[2] for line in capsys.readouterr().out.splitlines()]


def test_each_change_is_said_once(capsys):
    waiting = stack(ray=ServiceState(), serve=ServiceState())
    starting = stack(ray=ServiceState(Phase.STARTING), serve=ServiceState())
    healthy = stack(ray=ServiceState(Phase.HEALTHY), serve=ServiceState(Phase.STARTING))
    lines = told(capsys, waiting, starting, starting, healthy)
    assert lines == ["ray: starting", "ray: healthy", "serve: starting"]


def test_a_service_that_is_tried_again_says_why(capsys):
    again = stack(ray=ServiceState(Phase.BACKOFF, message="ended with 1"))
    assert told(capsys, again) == ["ray: backing off (ended with 1)"]


def test_a_stack_that_is_up_is_said_in_one_line(capsys):
    up = stack(ray=ServiceState(Phase.HEALTHY), serve=ServiceState(Phase.DONE))
    assert told(capsys, up) == ["the stack is up"]


def test_a_service_that_was_given_up_ends_the_waiting(layout, here):
    services = {"ray": ServiceState(Phase.FAILED, message="ended with 1")}
    write_state(layout.state, StackState(*here, services=services))
    with pytest.raises(ServiceFailed, match=r"ray: ended with 1; its log: .*ray\.log"):
        control.wait_until_up(layout, lambda _: None)


def test_a_service_that_is_late_is_named(layout, here):
    services = {"ray": ServiceState(Phase.HEALTHY), "serve": ServiceState(Phase.STARTING)}
    write_state(layout.state, StackState(*here, services=services))
    with pytest.raises(ServiceFailed, match="serve: is not up after"):
        control.wait_until_up(layout, lambda _: None, seconds=0.3)


def test_down_with_nothing_running_says_so(layout, slipway):
    assert slipway("down").out == "nothing was running\n"
    assert read_state(layout.state) is None


@pytest.fixture
def here():
    """This process, in the part of the supervisor."""
    me = psutil.Process()
    return me.pid, me.create_time()


@pytest.fixture
def running(layout, here):
    """A stack that is up, as its supervisor publishes it."""
    services = {"ray": ServiceState(Phase.HEALTHY), "restore": ServiceState(Phase.DONE)}
    write_state(layout.state, StackState(*here, services=services))
    return layout.settings.gitops_path


def test_up_on_a_running_stack_names_the_pages_and_returns(dagster, running, slipway):
    told = slipway("up")
    assert told.code == 0
    lines = told.out.splitlines()
    assert f"git: {running}" in lines[0]
    assert lines[1].endswith("the stack is up")
    assert lines[2:] == [
        f"Dagster    http://127.0.0.1:{dagster.port}",
        "MLflow     http://127.0.0.1:5179",
        "endpoints  http://127.0.0.1:8190",
        "board      http://127.0.0.1:8191",
    ]


def test_code_that_does_not_load_fails_up_though_everything_runs(dagster, running, slipway):
    dagster.error = "fraud/defs.yaml: target: no column 'x'\n"
    told = slipway("up", "--detach")
    assert told.code == 1
    assert told.err == (
        "slipway: the stack is up, but the models' code does not load: "
        "fraud/defs.yaml: target: no column 'x'\n"
    )


def test_a_supervisor_that_ends_meanwhile_is_told_with_its_last_words(layout, here):
    gone = {"ray": ServiceState(Phase.STARTING)}
    write_state(layout.state, StackState(*here, services=gone))
    layout.log("supervisor").write_text("first\nno space left on device\n")

    def end(_):
        write_state(layout.state, StackState(0, 0.0, services=gone))

    with pytest.raises(SupervisorFailed, match=r"\(no space left on device\); its log: .*supervis"):
        control.wait_until_up(layout, end)


def test_a_supervisor_that_wrote_nothing_is_said_to(layout, here):
    write_state(layout.state, StackState(*here, services={"ray": ServiceState()}))
    layout.log("supervisor").touch()
    with pytest.raises(SupervisorFailed, match="it wrote nothing"):
        control.wait_until_up(layout, lambda _: write_state(layout.state, StackState(0, 0.0)))


def test_a_taken_port_is_told_before_anything_starts(layout):
    with socket.socket() as server:
        server.bind(("127.0.0.1", layout.settings.mlflow_port))
        server.listen()
        with pytest.raises(PortTaken, match="SLIPWAY_MLFLOW_PORT"):
            control.start(layout)
    assert read_state(layout.state) is None
    assert not layout.log("supervisor").exists()


def test_a_running_stack_is_not_started_again(layout, running):
    before = read_state(layout.state)
    control.start(layout)
    assert read_state(layout.state) == before
    assert not layout.log("supervisor").exists()


def test_nothing_is_started_on_a_lake_whose_server_could_lose_rows(monkeypatch, layout, slipway):
    monkeypatch.setenv("SLIPWAY_LAKE_URI", "s3://bucket/lake")
    with careless_server() as store:
        store.enter(monkeypatch)
        told = slipway("up", "--detach")
    assert told.code == 1
    assert "could lose rows" in told.err
    assert control.running(layout) is None

"""The services as `status` tells them, whoever supervises them."""

import os

import psutil
import pytest

from platform_assets.cli.stack.state import Phase, ServiceState, StackState, write_state
from platform_assets.cli.status import service_documents

ME = psutil.Process()
GONE = 2**22 - 1


def publish(layout, supervisor, **services):
    created = ME.create_time() if supervisor else 0.0
    write_state(layout.state, StackState(supervisor, created, services=services))
    return service_documents(layout)


def living(phase=Phase.HEALTHY):
    return ServiceState(phase, os.getpid(), ME.create_time())


def test_nothing_published_means_nothing_runs(layout):
    found = service_documents(layout)
    assert {one["phase"] for one in found.values()} == {"stopped"}
    assert not any(one["running"] for one in found.values())


def test_a_service_that_lives_is_running_with_its_process_and_address(layout):
    found = publish(layout, ME.pid, mlflow=living())["mlflow"]
    assert found == {
        "running": True,
        "phase": "healthy",
        "pid": ME.pid,
        "address": "http://127.0.0.1:5179",
        "message": None,
    }


def test_what_ran_once_counts_as_running_while_the_stack_is_up(layout):
    assert publish(layout, ME.pid, serve=ServiceState(Phase.DONE))["serve"]["running"]


def test_a_service_whose_process_is_gone_is_not_running_whatever_was_published(layout):
    dead = ServiceState(Phase.HEALTHY, GONE, 1.0)
    found = publish(layout, 0, mlflow=dead)["mlflow"]
    assert (found["running"], found["phase"]) == (False, "stopped")


def test_a_service_without_a_supervisor_is_told_as_such(layout):
    found = publish(layout, 0, mlflow=living())["mlflow"]
    assert (found["running"], found["phase"]) == (True, "unsupervised")


@pytest.mark.parametrize("phase", [Phase.FAILED, Phase.BACKOFF])
def test_why_a_service_does_not_run_is_told(layout, phase):
    found = publish(layout, ME.pid, ray=ServiceState(phase, message="ended with 1"))["ray"]
    assert (found["running"], found["phase"], found["message"]) == (False, phase, "ended with 1")

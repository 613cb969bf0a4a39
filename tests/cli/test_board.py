"""`slipway board`, alone and beside a stack."""

import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from platform_assets.cli.stack.ports import free_ports
from platform_assets.cli.stack.state import StackState, write_state
from tests.support.stack import until

ATTEMPTS = 5


def health(url):
    try:
        return httpx.get(f"{url}/health", timeout=60, trust_env=False).text
    except httpx.TransportError:
        return ""


@pytest.fixture
def alone(home, monkeypatch):
    """The command with nothing else running, once it answers or was told that its port is taken."""
    program = str(Path(sys.executable).with_name("slipway"))
    for _ in range(ATTEMPTS):
        (port,) = free_ports(1)
        monkeypatch.setenv("SLIPWAY_BOARD_PORT", str(port))
        url = f"http://127.0.0.1:{port}"
        with subprocess.Popen((program, "board"), stdout=subprocess.PIPE, text=True) as process:
            try:
                until(lambda p=process, u=url: p.poll() is not None or health(u), "the board")
                if process.poll() is None:
                    yield process, url
                    return
            finally:
                process.terminate()
                process.wait()
    pytest.fail("no port stayed free")


@pytest.mark.slow
def test_without_a_stack_the_board_is_served_and_says_what_is_down(alone):
    process, url = alone
    assert process.stdout.readline().split() == ["board", url]
    seen = {}

    def both_down():
        seen.update(httpx.get(f"{url}/board.json", timeout=60, trust_env=False).json())
        standing = {one["name"]: one["standing"] for one in seen["sources"]}
        return standing == {
            "git": "answers",
            "Dagster": "down",
            "MLflow": "down",
            "lake": "answers",
        }

    until(both_down, "what is down", told=lambda: seen)
    assert {card["health"] for one in seen["models"] for card in one["cards"]} == {"absent"}


def test_beside_a_stack_its_address_is_said(layout, slipway):
    supervisor = psutil.Process()
    write_state(layout.state, StackState(supervisor.pid, supervisor.create_time()))
    assert slipway("board").out == f"board      {layout.settings.board_url}\n"

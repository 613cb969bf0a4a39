"""What the stack leaves open and what it leaves behind: nothing."""

import os
import signal

import pytest

from platform_assets.cli.stack.processes import marked
from tests.support.listening import listening, off_loopback
from tests.support.stack import until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def test_nothing_listens_beyond_loopback(live):
    addresses = listening(marked(live.layout.mark))
    assert len(addresses) > 5
    assert off_loopback(addresses) == set()


def test_down_ends_every_process_also_without_a_supervisor(live):
    served = {model: live.live(model) for model in ("diabetes", "fraud")}
    supervisor = live.state().supervisor()
    os.kill(supervisor.pid, signal.SIGKILL)
    until(lambda: live.state().supervisor() is None, "the end of the supervisor")
    live.slipway("down")
    assert marked(live.layout.mark) == []
    assert "nothing was running" in live.slipway("down")
    live.slipway("up", "--detach")
    until(lambda: {model: live.live(model) for model in served} == served, "the same models again")

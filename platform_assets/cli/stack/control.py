"""Starting, following and stopping a stack from outside."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from platform_assets.cli.errors import ServiceFailed, SupervisorFailed
from platform_assets.cli.stack.dagster_home import MODULE
from platform_assets.cli.stack.layout import MARK, SERVICE, Layout
from platform_assets.cli.stack.ports import require_free
from platform_assets.cli.stack.processes import KILL_SECONDS, end, marked, sweep
from platform_assets.cli.stack.services import PATIENCE, public_ports
from platform_assets.cli.stack.state import StackState, read_state, write_state
from resources.settings import CHECKOUT

LOOK_SECONDS = 0.2
SUPERVISOR_SECONDS = 30.0
STOP_SECONDS = 30.0
UP_SECONDS = 2 * PATIENCE
Show = Callable[[StackState], None]


def running(layout: Layout) -> StackState | None:
    """What a living supervisor publishes; None if there is none."""
    state = read_state(layout.state)
    return state if state is not None and state.supervisor() is not None else None


def start(layout: Layout, module: str = MODULE) -> None:
    """Start a supervisor that outlives the caller, unless one runs.

    Raises
    ------
    PortTaken, ShortPathTaken
        Before anything was started.
    SupervisorFailed
        If the supervisor cannot even begin.
    """
    if running(layout) is not None:
        return
    layout.prepare()
    require_free(public_ports(layout), {process.pid for process in marked(layout.mark)})
    _forget_dead_supervisor(layout)
    if _launched(layout, module) != 0:
        raise SupervisorFailed(layout.log("supervisor"), _last_line(layout))


def _launched(layout: Layout, module: str) -> int:
    """The exit code of the process that puts a supervisor into a session of its own."""
    mark = {MARK: layout.mark, SERVICE: "supervisor"}
    with layout.log("supervisor").open("ab") as log:
        begun = subprocess.run(
            (sys.executable, "-m", "platform_assets.cli.stack.supervisor", module),
            cwd=CHECKOUT,
            env={**os.environ, "SLIPWAY_HOME": str(layout.settings.home), **mark},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            check=False,
        )
    return begun.returncode


def wait_until_up(layout: Layout, show: Show, seconds: float = UP_SECONDS) -> StackState:
    """Follow the supervisor until every service is up; `show` gets each state that is new.

    Raises
    ------
    ServiceFailed
        For the first service that was given up, or is not up in time.
    SupervisorFailed
        If the supervisor ended meanwhile.
    """
    for state in _states(layout, seconds):
        show(state)
        for name, service in state.failed().items():
            raise ServiceFailed(name, service.message, layout.log(name))
        if state.settled:
            return state
    last = running(layout)
    late = [name for name, one in last.services.items() if not one.settled] if last else []
    if not late:
        raise SupervisorFailed(layout.log("supervisor"), _last_line(layout))
    raise ServiceFailed(late[0], f"is not up after {seconds:g} s", layout.log(late[0]))


def _states(layout: Layout, seconds: float) -> Iterator[StackState]:
    """Each published state that differs from the one before, until time or supervisor end."""
    begun, before = time.monotonic(), None
    while (spent := time.monotonic() - begun) < seconds:
        state = running(layout)
        if state is not None and state != before:
            before = state
            yield state
        if state is None and (before is not None or spent > SUPERVISOR_SECONDS):
            return
        time.sleep(LOOK_SECONDS)


def stop(layout: Layout) -> int:
    """End supervisor and services, however they were left; returns how many processes ended."""
    before = len(marked(layout.mark))
    state = running(layout)
    supervisor = state.supervisor() if state else None
    if supervisor is not None:
        end([supervisor], STOP_SECONDS)
    left = sweep(layout.mark, KILL_SECONDS)
    layout.short.unlink(missing_ok=True)
    return before - len(left)


def _forget_dead_supervisor(layout: Layout) -> None:
    """Keep what it published of services, and no claim that it lives or is stopping."""
    state = read_state(layout.state)
    if state is not None:
        write_state(layout.state, StackState(0, 0.0, state.ports, state.services))


def _last_line(layout: Layout) -> str:
    lines = layout.log("supervisor").read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it wrote nothing"

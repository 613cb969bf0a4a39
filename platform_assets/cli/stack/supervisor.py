"""The process that keeps the services of a stack running, and ends them all."""

import fcntl
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import IO

import psutil

from platform_assets.cli.stack import dagster_home, ray_service
from platform_assets.cli.stack.layout import Layout
from platform_assets.cli.stack.lifecycle import Act, Facts, Rules, decide
from platform_assets.cli.stack.ports import free_ports
from platform_assets.cli.stack.processes import end, sweep
from platform_assets.cli.stack.services import Service, environment, services
from platform_assets.cli.stack.state import (
    Phase,
    ServiceState,
    StackState,
    read_state,
    running_services,
    write_state,
)
from resources.settings import CHECKOUT, load_settings
from resources.tokens import ensure_own_token

TICK_SECONDS = 0.25
STOP_SECONDS = 5.0
LEFTOVER_SECONDS = 1.0
LOCKED = 3
log = logging.getLogger("slipway.supervisor")


class Supervisor:
    """Starts what is missing, restarts what dies, and publishes what it sees.

    Services that an earlier supervisor started and that still run are taken over, not restarted.
    """

    def __init__(self, layout: Layout, listed: Sequence[Service], ports: Mapping[str, int]) -> None:
        self._layout, self._services, self._ports = layout, listed, ports
        running = running_services(read_state(layout.state))
        self._states = {one.name: _adopted(running.get(one.name), one) for one in listed}
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._published: StackState | None = None
        self._stop = threading.Event()

    def run(self) -> None:
        """Supervise until told to stop; then end every process of the stack."""
        try:
            while not self._stop.is_set():
                self._tick()
                self._publish()
                self._stop.wait(TICK_SECONDS)
        finally:
            self._end_all()

    def stop(self, *_: int | FrameType | None) -> None:
        """Ask `run` to end; also the handler of signals."""
        self._stop.set()

    def _tick(self) -> None:
        for service in self._services:
            before = self._states[service.name]
            rules = Rules(service.patience, service.one_shot, service.optional)
            after, act = decide(before, self._facts(service, before), rules)
            self._states[service.name] = after
            if after.phase is not before.phase:
                log.info("%s: %s %s", service.name, after.phase, after.message)
            if act is Act.END:
                self._end(service)
            elif act is Act.START:
                self._start(service)

    def _facts(self, service: Service, state: ServiceState) -> Facts:
        child = self._children.get(service.name)
        exit_code = child.poll() if child is not None else None
        alive = exit_code is None and state.process() is not None
        asks = alive and state.phase is Phase.STARTING and service.probe is not None
        return Facts(
            now=time.time(),
            alive=alive,
            ready=asks and service.probe is not None and service.probe.ready(state.since),
            needs_met=all(self._states[name].settled for name in service.after),
            exit_code=exit_code,
        )

    def _start(self, service: Service) -> None:
        self._end(service)
        with _fresh_log(self._layout, service.name) as output:
            child = subprocess.Popen(
                service.command,
                cwd=CHECKOUT,
                env=environment(self._layout, service),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._children[service.name] = child
        created = psutil.Process(child.pid).create_time()
        self._states[service.name] = replace(
            self._states[service.name], pid=child.pid, created=created
        )

    def _end(self, service: Service) -> None:
        """End the service's process and, where the service says so, all it left behind."""
        process = self._states[service.name].process()
        if process is not None:
            end([process], STOP_SECONDS)
        if service.sweeps:
            sweep(self._layout.mark, LEFTOVER_SECONDS, service.name)

    def _end_all(self) -> None:
        self._states = {
            name: replace(state, phase=Phase.STOPPED, since=time.time())
            for name, state in self._states.items()
        }
        self._publish(stopping=True)
        survivors = sweep(self._layout.mark, STOP_SECONDS)
        for child in self._children.values():
            child.poll()
        log.info("stopped%s", f", but {survivors} would not end" if survivors else "")

    def _publish(self, *, stopping: bool = False) -> None:
        me = psutil.Process()
        state = StackState(
            me.pid, me.create_time(), dict(self._ports), dict(self._states), stopping
        )
        if state != self._published:
            write_state(self._layout.state, state)
            self._published = state


def choose_ports(layout: Layout) -> dict[str, int]:
    """The ports no setting names: those of a Ray that still runs, else free ones."""
    state = read_state(layout.state)
    if state is not None and "ray" in running_services(state):
        return dict(state.ports)
    return dict(zip(ray_service.PORTS, free_ports(len(ray_service.PORTS)), strict=True))


def prepare(layout: Layout) -> None:
    """Write what the services read; nothing under the feet of a Ray that still runs."""
    dagster_home.prepare(layout)
    ensure_own_token(layout.settings)
    if "ray" not in running_services(read_state(layout.state)):
        ray_service.prepare(layout)


def _adopted(found: ServiceState | None, service: Service) -> ServiceState:
    if found is None or service.one_shot:
        return ServiceState(address=service.address, optional=service.optional)
    phase = found.phase if found.phase is Phase.HEALTHY else Phase.STARTING
    return replace(found, phase=phase, since=time.time(), starts=0)


@contextmanager
def _fresh_log(layout: Layout, name: str) -> Iterator[IO[bytes]]:
    """The service's log, empty; the one of the start before is kept beside it."""
    path = layout.log(name)
    if path.exists():
        path.replace(path.with_suffix(".log.1"))
    with path.open("wb") as file:
        yield file


@contextmanager
def sole(layout: Layout) -> Iterator[bool]:
    """Hold the stack's lock; False if another supervisor does. The kernel lets go of it."""
    with layout.lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def main(arguments: Sequence[str]) -> int:
    """Run the supervisor of the stack that the settings name; `arguments`: the module to serve.

    It goes on in a child of its own, so that whoever starts it need not wait for its end.
    """
    if os.fork():
        return 0
    logging.basicConfig(format="%(asctime)s %(name)s: %(message)s", level=logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    layout = Layout(load_settings())
    with sole(layout) as alone:
        if not alone:
            log.info("another supervisor is at work")
            return LOCKED
        ports = choose_ports(layout)
        prepare(layout)
        supervisor = Supervisor(layout, services(layout, ports, *arguments[:1]), ports)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, supervisor.stop)
        log.info("supervising as process %d", os.getpid())
        supervisor.run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

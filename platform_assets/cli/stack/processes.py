"""The processes of a stack: found by the mark in their environment, ended by pid."""

import os
from collections.abc import Collection, Iterable

import psutil

from platform_assets.cli.stack.layout import MARK, SERVICE

KILL_SECONDS = 5.0
# The kernel counts from boot, and the time of boot moves when the clock is set.
CLOCK_SECONDS = 2.0


def marked(mark: str, service: str | None = None) -> list[psutil.Process]:
    """This user's living processes that carry the mark, without the caller and its ancestors.

    The mark is inherited by every descendant, so a process is found even when its service and
    the supervisor are gone.
    """
    me = psutil.Process()
    spared = {me.pid, *(parent.pid for parent in me.parents())}
    found = (process for process in psutil.process_iter() if process.pid not in spared)
    return [process for process in found if _carries(process, mark, service)]


def _carries(process: psutil.Process, mark: str, service: str | None) -> bool:
    try:
        if process.uids().real != os.getuid():
            return False
        environment = process.environ()
    except (psutil.Error, OSError):
        return False
    named = service is None or environment.get(SERVICE) == service
    return environment.get(MARK) == mark and named


def end(processes: Iterable[psutil.Process], patience: float) -> list[psutil.Process]:
    """Terminate, and kill what is still there after `patience` seconds; returns the survivors."""
    listed = list(processes)
    _each(listed, "terminate")
    _, alive = psutil.wait_procs(listed, timeout=patience)
    _each(alive, "kill")
    _, alive = psutil.wait_procs(alive, timeout=KILL_SECONDS)
    return alive


def sweep(mark: str, patience: float, service: str | None = None) -> list[psutil.Process]:
    """End every marked process, also those that start meanwhile; returns the survivors."""
    for _ in range(5):
        found = marked(mark, service)
        if not found:
            return []
        end(found, patience)
        patience = 0.0
    return marked(mark, service)


def same(pid: int, created: float) -> psutil.Process | None:
    """The process of that pid, if it is still the one that started at `created`."""
    try:
        process = psutil.Process(pid)
        alive = abs(process.create_time() - created) < CLOCK_SECONDS and _runs(process)
    except psutil.Error:
        return None
    return process if alive else None


def _runs(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def _each(processes: Collection[psutil.Process], act: str) -> None:
    for process in processes:
        try:
            getattr(process, act)()
        except psutil.NoSuchProcess:
            continue

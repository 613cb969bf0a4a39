"""Processes that serve: which belong together, what they are, and what they used."""

from collections.abc import Callable, Iterable
from contextlib import suppress

import psutil

REPLICA, PROXY = "ray::ServeReplica", "haproxy"
Processes = Callable[[], Iterable[psutil.Process]]


def tree(pid: int) -> list[psutil.Process]:
    root = psutil.Process(pid)
    return [*root.children(recursive=True), root]


def used(processes: Iterable[psutil.Process]) -> float:
    """Processor time of all of them since they began, in seconds."""
    seconds = 0.0
    for one in processes:
        with suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            seconds += times.user + times.system
    return seconds


def words(process: psutil.Process) -> str:
    """Its name and command line; empty if it has ended or is another user's."""
    try:
        return " ".join([process.name(), *process.cmdline()])
    except psutil.Error:
        return ""

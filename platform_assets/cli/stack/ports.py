"""Ports: which are taken, by whom, and which are free."""

import errno
import socket
from collections.abc import Mapping

import psutil

from platform_assets.cli.errors import PortTaken

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Could a server of ours listen on this port?"""
    with socket.socket() as probe:
        # As servers do: connections that linger after their server are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def holder(port: int) -> psutil.Process | None:
    """The process that listens on a port, if this user may see it."""
    try:
        connections = psutil.net_connections(kind="tcp")
        for connection in connections:
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,)
            if listens and connection.pid is not None:
                return psutil.Process(connection.pid)
    except psutil.Error:
        return None
    return None


def require_free(ports: Mapping[str, int], ours: set[int]) -> None:
    """Check ports before anything starts; `ours` are the pids that may hold them already.

    Raises
    ------
    PortTaken
        For the first port that another program holds, naming that and the setting (the key).
    """
    for setting, port in ports.items():
        if is_free(port):
            continue
        found = holder(port)
        if found is None or found.pid not in ours:
            raise PortTaken(port, describe(found), setting)


def describe(process: psutil.Process | None) -> str:
    if process is None:
        return "another program"
    try:
        return f"process {process.pid} ({' '.join(process.cmdline())[:80] or process.name()})"
    except psutil.Error:
        return f"process {process.pid}"


def free_ports(count: int) -> list[int]:
    """Ports on loopback that nobody holds right now, all different."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((LOOPBACK, 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()

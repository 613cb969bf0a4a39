"""Where processes listen: on loopback alone, if all is well."""

from collections.abc import Iterable

import psutil

LOOPBACK = {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
Address = tuple[str, str]


def listening(processes: Iterable[psutil.Process]) -> set[Address]:
    """Name and address of each that listens; one that ended meanwhile listens no more."""
    return {address for process in processes for address in _of(process)}


def off_loopback(addresses: Iterable[Address]) -> set[Address]:
    """Those that others could reach."""
    return {address for address in addresses if address[1] not in LOOPBACK}


def _of(process: psutil.Process) -> list[Address]:
    try:
        connections = process.net_connections("inet")
        name = " ".join(process.cmdline())[:60]
    except psutil.Error:
        return []
    return [(name, one.laddr.ip) for one in connections if one.status == psutil.CONN_LISTEN]

"""When a service is up: it answers what only it can answer."""

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx

from platform_assets.cli.dagster_api import DagsterApi
from platform_assets.cli.errors import DagsterError, StackNotUp

ASK_SECONDS = 2.0


class Probe(Protocol):
    """Asks a service once; it never waits longer than about two seconds."""

    def ready(self, since: float) -> bool:
        """Does the service that began at `since` (Unix seconds) answer as it should?"""
        ...


@dataclass(frozen=True)
class HttpProbe:
    """An address that answers with success, given the token in a file."""

    url: str
    token_file: Path | None = None

    def ready(self, since: float) -> bool:  # noqa: ARG002  part of the protocol
        headers = {}
        if self.token_file is not None:
            headers["Authorization"] = f"Bearer {self.token_file.read_text().strip()}"
        try:
            answer = httpx.get(self.url, headers=headers, timeout=ASK_SECONDS, trust_env=False)
        except httpx.TransportError:
            return False
        return answer.is_success


@dataclass(frozen=True)
class SocketProbe:
    """A Unix socket that accepts connections; both servers behind one open it when loaded."""

    path: Path

    def ready(self, since: float) -> bool:  # noqa: ARG002  part of the protocol
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(ASK_SECONDS)
            try:
                probe.connect(str(self.path))
            except OSError:
                return False
        return True


@dataclass(frozen=True)
class LocationProbe:
    """A webserver that has loaded the code location, even one that says why it cannot be loaded."""

    url: str

    def ready(self, since: float) -> bool:  # noqa: ARG002  part of the protocol
        try:
            return DagsterApi(self.url, ASK_SECONDS).location_loaded()
        except (DagsterError, StackNotUp):
            return False


@dataclass(frozen=True)
class DaemonProbe:
    """A daemon whose every part has shown a sign of life since it began."""

    url: str

    def ready(self, since: float) -> bool:
        try:
            return DagsterApi(self.url, ASK_SECONDS).daemon_beats_since(since)
        except (DagsterError, StackNotUp):
            return False

"""Servers that speak S3 on loopback: moto's, and what a test needs of any of them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from resources.object_store import s3_client
from resources.settings import AwsSettings


@dataclass(frozen=True)
class ObjectStore:
    """Where a server listens, and its keys."""

    endpoint: str
    access_key: str
    secret_key: str

    def enter(self, environment: pytest.MonkeyPatch) -> None:
        """Make the environment that of this server alone, for this process and its children."""
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            environment.delenv(name)
        environment.setenv("AWS_ENDPOINT_URL", self.endpoint)
        environment.setenv("AWS_ACCESS_KEY_ID", self.access_key)
        environment.setenv("AWS_SECRET_ACCESS_KEY", self.secret_key)
        # radosgw 16 stores the checksums of newer SDKs as part of the content.
        environment.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "WHEN_REQUIRED")

    def client(self) -> Any:
        """A client of the environment that was entered."""
        return s3_client(AwsSettings())


@contextmanager
def moto_server() -> Iterator[ObjectStore]:
    """Moto's own server in a thread. It takes any key, so it proves nothing about refusals."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield ObjectStore(f"http://{host}:{port}", "key", "secret")
    finally:
        server.stop()

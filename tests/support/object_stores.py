"""Servers that speak S3 on loopback: moto's, a careless one, and what a test needs of any."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

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

    def new_bucket(self) -> str:
        """An empty bucket, for the environment that was entered."""
        name = f"bucket-{uuid4().hex}"
        self.client().create_bucket(Bucket=name)
        return name

    def client(self) -> Any:
        """A client of the environment that was entered."""
        return s3_client(AwsSettings())


# A process of its own: delta-rs holds Python's lock while it waits for some answers.
SERVE = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
"""


@contextmanager
def moto_server() -> Iterator[ObjectStore]:
    """Moto's own server. It takes any key, so it proves nothing about who may do what."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        port = int(server.stdout.readline())
        yield ObjectStore(f"http://127.0.0.1:{port}", "key", "secret")


class Silent(WSGIRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def careless_server() -> Iterator[ObjectStore]:
    """A server that takes every write, whatever its conditions."""

    def take(environment, start_response):
        environment["wsgi.input"].read(int(environment.get("CONTENT_LENGTH") or 0))
        start_response("200 OK", [("ETag", '"any"'), ("Content-Length", "0")])
        return [b""]

    with make_server("127.0.0.1", 0, take, handler_class=Silent) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield ObjectStore(f"http://127.0.0.1:{server.server_port}", "key", "secret")
        server.shutdown()
        thread.join()

"""The caller of the rollback drill, asked over real HTTP."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from platform_assets.watch.drills.caller import Caller
from serving.access.grants import PROBE
from tests.support.waiting import until

TOKEN = {"Authorization": "Bearer its-own"}


class Heard(BaseHTTPRequestHandler):
    """Remembers the headers of each request, and answers as one bundle."""

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.server.heard.append(dict(self.headers.items()))
        self.send_response(200)
        self.send_header("x-bundle-digest", "sha256:one")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def endpoint():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Heard)
    server.heard = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_each_request_has_an_id_of_slipways_own_and_the_callers_token(endpoint):
    """A drill filled the prediction log with one row, which then was drift, and a constant."""
    with Caller(f"http://127.0.0.1:{endpoint.server_port}/", b"{}", TOKEN) as caller:
        until(lambda: len(caller.answers) > 2)
    ids = [one["x-request-id"] for one in endpoint.heard]
    assert all(one.startswith(PROBE) for one in ids)
    assert len(set(ids)) == len(ids)
    assert {one["Authorization"] for one in endpoint.heard} == set(TOKEN.values())
    assert {(one.digest, one.failure) for one in caller.answers} == {("sha256:one", "")}

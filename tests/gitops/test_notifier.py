"""Notices arrive at a webhook and in a file; who does not answer stops nothing."""

import json
import logging
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from gitops.errors import NotifierUnknown
from gitops.notifier import NOTICES, build_tell
from gitops.notify import Notice

NOTICE = Notice(
    "production", "fraud", "Healthy", "RolledBack", "c" * 40, "3", "p99 was 412 ms", True, "t1"
)


@pytest.fixture
def webhook():
    """A server that keeps what it is sent."""
    sent = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            sent.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"json://127.0.0.1:{server.server_port}/", sent
        server.shutdown()
        thread.join()


def test_a_notice_arrives_with_what_why_and_where_to_look(tmp_path, webhook):
    address, sent = webhook
    build_tell(tmp_path, address)(NOTICE)
    (message,) = sent
    assert (message["title"], message["type"]) == ("fraud in production: RolledBack", "warning")
    assert "Before: Healthy. p99 was 412 ms." in message["message"]
    assert "slipway why fraud --env production" in message["message"]


def test_every_notice_is_a_line_of_a_file(tmp_path):
    tell = build_tell(tmp_path, "")
    tell(NOTICE)
    tell(replace(NOTICE, after="Healthy"))
    lines = (tmp_path / NOTICES).read_text().splitlines()
    assert [json.loads(line)["after"] for line in lines] == ["RolledBack", "Healthy"]


def test_an_address_that_does_not_answer_is_logged_without_its_secret(tmp_path, caplog):
    tell = build_tell(tmp_path, "json://ann:secret@127.0.0.1:9/")
    with caplog.at_level(logging.WARNING, logger="gitops.notifier"):
        tell(NOTICE)
    said = [record.message for record in caplog.records if record.name == "gitops.notifier"]
    assert said == ["fraud in production: RolledBack: not every address took the notice"]


def test_an_address_that_apprise_does_not_know_is_refused_by_its_place(tmp_path):
    with pytest.raises(NotifierUnknown, match="address 2 is none that apprise knows"):
        build_tell(tmp_path, "json://127.0.0.1 nonsense://secret")

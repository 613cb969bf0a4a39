"""A service is up when it answers what only it can answer."""

import socket

import pytest

from platform_assets.cli.stack.health import DaemonProbe, HttpProbe, LocationProbe, SocketProbe
from tests.cli.test_dagster_api import BROKEN, LOADED, answering, beats
from tests.support.fake_serve import FakeServe

NOBODY = "http://127.0.0.1:9"


def test_an_address_without_a_server_is_not_ready():
    assert not HttpProbe(NOBODY).ready(0.0)
    assert not LocationProbe(NOBODY).ready(0.0)
    assert not DaemonProbe(NOBODY).ready(0.0)


def test_a_server_is_ready_for_who_has_its_token(tmp_path):
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.write_text("secret\n")
    wrong.write_text("guess\n")
    with FakeServe(token="secret") as serve:  # noqa: S106  made up
        url = f"{serve.api}/api/serve/applications/"
        assert HttpProbe(url, right).ready(0.0)
        assert not HttpProbe(url, wrong).ready(0.0)
        serve.outage = True
        assert not HttpProbe(url, right).ready(0.0)


def test_proxies_of_the_environment_are_not_asked(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", NOBODY)
    with FakeServe() as serve:
        assert HttpProbe(f"{serve.api}/api/serve/applications/").ready(0.0)


def test_a_socket_is_ready_once_somebody_listens(tmp_path):
    probe = SocketProbe(tmp_path / "code.sock")
    assert not probe.ready(0.0)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(probe.path))
        assert not probe.ready(0.0)
        server.listen()
        assert probe.ready(0.0)
    assert not probe.ready(0.0)


@pytest.mark.parametrize("answer", [LOADED, BROKEN])
def test_a_webserver_is_ready_when_it_has_looked_at_the_code(answer):
    with answering(answer) as api:
        assert LocationProbe(api._url).ready(0.0)


def test_a_heartbeat_of_an_earlier_daemon_does_not_count():
    with answering(beats((True, True, 100.0))) as api:
        assert DaemonProbe(api._url).ready(99.0)
        assert not DaemonProbe(api._url).ready(101.0)

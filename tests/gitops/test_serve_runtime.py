"""What ServeRuntime sends, and what it makes of answers that are none."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gitops.errors import RuntimeUnavailable
from gitops.manifest import serve_application
from gitops.serve_runtime import ServeRuntime
from tests.support.fake_serve import Application, FakeServe
from tests.support.releases import manifest


@pytest.fixture
def runtime(serve: FakeServe) -> Iterator[ServeRuntime]:
    with ServeRuntime(serve.api, serve.endpoint) as running:
        yield running


@pytest.fixture
def nobody() -> str:
    """An address at which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def test_serve_is_told_to_listen_on_the_loopback_alone(runtime, serve):
    runtime.apply([serve_application(manifest())])
    sent = serve.puts[0]
    port = int(serve.endpoint.rpartition(":")[2])
    assert sent["http_options"] == {"host": "127.0.0.1", "port": port}
    assert sent["proxy_location"] == "HeadOnly"
    assert sent["applications"] == [serve_application(manifest())]


def test_a_missing_token_names_the_setting():
    with (
        FakeServe("secret") as serve,
        ServeRuntime(serve.api, serve.endpoint) as runtime,
        pytest.raises(RuntimeUnavailable, match=r"403 .*SLIPWAY_RAY_TOKEN"),
    ):
        runtime.observe()


def test_the_token_does_not_go_to_the_endpoint():
    runtime = ServeRuntime("http://127.0.0.1:1", "http://127.0.0.1:2", "secret")
    with runtime:
        assert "Authorization" in runtime._api.headers
        assert "Authorization" not in runtime._endpoint.headers


def test_a_proxy_in_the_environment_is_not_used(runtime, serve, nobody, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", nobody)
    with ServeRuntime(serve.api, serve.endpoint) as other:
        assert other.observe() == {}


def test_an_address_without_a_listener_is_unavailable(nobody):
    with ServeRuntime(nobody, nobody) as runtime:
        with pytest.raises(RuntimeUnavailable, match="does not answer"):
            runtime.observe()
        with pytest.raises(RuntimeUnavailable, match="does not answer"):
            runtime.apply([])
        assert runtime.live("/fraud") is None


@pytest.mark.parametrize("call", [ServeRuntime.observe, lambda runtime: runtime.apply([])])
def test_an_outage_is_unavailable_and_no_refusal(runtime, serve, call):
    serve.outage = True
    with pytest.raises(RuntimeUnavailable, match="503 the controller is away"):
        call(runtime)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"applications": 3}', "<html>"])
def test_an_answer_of_something_else_is_unavailable(text):
    runtime = ServeRuntime("http://127.0.0.1:1", "http://127.0.0.1:2")
    runtime._api = httpx.Client(
        base_url="http://127.0.0.1:1",
        transport=httpx.MockTransport(lambda _: httpx.Response(200, text=text)),
    )
    with runtime, pytest.raises(RuntimeUnavailable, match="no answer of Serve"):
        runtime.observe()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"ready": "yes"}', "<html>"])
def test_an_endpoint_of_something_else_is_no_answer(text):
    runtime = ServeRuntime("http://127.0.0.1:1", "http://127.0.0.1:2")
    runtime._endpoint = httpx.Client(
        base_url="http://127.0.0.1:2",
        transport=httpx.MockTransport(lambda _: httpx.Response(200, text=text)),
    )
    with runtime:
        assert runtime.live("/fraud") is None


def test_an_endpoint_that_is_not_ready_still_says_what_it_refused(runtime, serve):
    application = Application(serve_application(manifest()))
    application.refused = {"digest": "sha256:x", "reason": "golden rows differ"}
    serve.applications["staging-fraud"] = application
    live = runtime.live("/staging/fraud")
    assert (live.ready, live.digest, live.refused.reason) == (False, "", "golden rows differ")


def test_an_application_that_is_being_deleted_has_no_configuration(runtime, serve):
    runtime.apply([serve_application(manifest())])
    runtime.apply([])
    assert runtime.observe()["staging-fraud"].config is None


def test_importing_the_reconciler_imports_no_ray():
    code = (
        "import gitops.__main__, sys; sys.exit(any(m in sys.modules for m in ('ray', 'dagster')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path.cwd()).returncode == 0

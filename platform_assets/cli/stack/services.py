"""The services of the stack, described: what to run, with which environment, and when it is up."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from platform_assets.cli.stack import dagster_home, ray_service
from platform_assets.cli.stack.health import (
    DaemonProbe,
    HttpProbe,
    LocationProbe,
    Probe,
    SocketProbe,
)
from platform_assets.cli.stack.layout import MARK, SERVICE, Layout
from platform_assets.cli.stack.ports import LOOPBACK
from resources.settings import CHECKOUT

PATIENCE = 180.0
PUBLIC = {
    "SLIPWAY_SERVE_PORT": "serve_port",
    "SLIPWAY_DAGSTER_PORT": "dagster_port",
    "SLIPWAY_MLFLOW_PORT": "mlflow_port",
    "SLIPWAY_BOARD_PORT": "board_port",
    "SLIPWAY_RAY_PORT": "ray_port",
    "SLIPWAY_RAY_DASHBOARD_PORT": "ray_dashboard_port",
}
FOREIGN = ("RAY_", "DAGSTER_", "MLFLOW_")
# Those in which runs happen; what serves a model must not be able to sign one.
SIGNING = ("code", "runs", "daemon")


@dataclass(frozen=True)
class Service:
    """One process to keep running, or to run once (`one_shot`) after those in `after`.

    `sweeps`: before it starts, what an earlier one left behind is ended. `optional`: the stack is
    up without it.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    probe: Probe | None = None
    after: tuple[str, ...] = ()
    address: str = ""
    one_shot: bool = False
    sweeps: bool = True
    optional: bool = False
    patience: float = PATIENCE


def services(
    layout: Layout, ports: Mapping[str, int], module: str = dagster_home.MODULE
) -> list[Service]:
    """All services of a stack, in the order in which they are shown."""
    settings = layout.settings
    found = [*_dagster(layout, module, local_ray=not settings.ray_address), _board(layout)]
    if not settings.mlflow_uri.startswith(("http://", "https://")):
        found.insert(0, _mlflow(layout))
    if not settings.ray_address:
        found = [*_ray(layout, ports), *found]
    names = {service.name for service in found}
    return [_after_existing(service, names) for service in found]


def public_ports(layout: Layout) -> dict[str, int]:
    """The ports that settings name, by setting."""
    return {name: getattr(layout.settings, field) for name, field in PUBLIC.items()}


def environment(layout: Layout, service: Service) -> dict[str, str]:
    """The whole environment of a service: the caller's, without what would mislead it."""
    unwanted = FOREIGN if service.name in SIGNING else (*FOREIGN, "SLIPWAY_SIGNING_KEY")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    scripts = str(Path(sys.executable).parent)
    return {
        **kept,
        "PATH": os.pathsep.join([scripts, kept.get("PATH", os.defpath)]),
        "TMPDIR": str(layout.scratch),
        "SLIPWAY_HOME": str(layout.settings.home),
        "DAGSTER_HOME": str(layout.settings.dagster_home),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "GIT_PYTHON_REFRESH": "quiet",
        "PYTHONUNBUFFERED": "1",
        # OpenMP's threads wait for each other by spinning: on busy cores that is four times slower.
        "OMP_WAIT_POLICY": "PASSIVE",
        # Compiling every library again at each start takes longer than the start itself.
        "PYTHONDONTWRITEBYTECODE": "",
        # Ray's agents write their titles over their environment, and so over the mark in it.
        "SPT_NOENV": "1",
        MARK: layout.mark,
        SERVICE: service.name,
        **service.environment,
    }


def _mlflow(layout: Layout) -> Service:
    settings = layout.settings
    folder = settings.home / "mlflow"
    options = {
        "host": LOOPBACK,
        "port": settings.mlflow_port,
        "workers": 1,
        "backend-store-uri": settings.mlflow_tracking,
        "artifacts-destination": folder / "artifacts",
    }
    words = tuple(word for name, value in options.items() for word in (f"--{name}", str(value)))
    return Service(
        "mlflow",
        (sys.executable, "-m", "platform_assets.cli.stack.start_mlflow", *words),
        # Four more processes for features that need a language model.
        {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
        HttpProbe(f"{settings.mlflow_url}/health"),
        address=settings.mlflow_url,
    )


def _ray(layout: Layout, ports: Mapping[str, int]) -> list[Service]:
    settings = layout.settings
    applications = f"{settings.serve_api}/api/serve/applications/"
    return [
        Service(
            "ray",
            ray_service.command(layout, ports),
            ray_service.environment(layout, ports),
            HttpProbe(applications, settings.ray_token_file),
            address=settings.serve_api,
        ),
        Service(
            "serve",
            (sys.executable, "-m", "platform_assets.cli.stack.start_serve"),
            after=("ray",),
            address=settings.serve_url,
            one_shot=True,
        ),
        Service(
            "restore",
            (sys.executable, "-m", "platform_assets.cli.stack.restore"),
            after=("serve",),
            one_shot=True,
        ),
    ]


def _dagster(layout: Layout, module: str, *, local_ray: bool) -> list[Service]:
    settings = layout.settings
    workspace = ("--workspace", str(dagster_home.workspace_file(layout)))
    listen = ("--host", LOOPBACK, "--port", str(settings.dagster_port))
    before = ("code", "mlflow", "restore") if local_ray else ("code", "mlflow")
    return [
        Service(
            "code",
            dagster_home.code_server_command(layout, module, CHECKOUT),
            probe=SocketProbe(layout.socket("code")),
        ),
        _runs(layout, module),
        Service(
            "dagster",
            (_script("dagster-webserver"), *workspace, *listen),
            probe=LocationProbe(settings.dagster_url),
            after=("code",),
            address=settings.dagster_url,
        ),
        Service(
            "daemon",
            (_script("dagster-daemon"), "run", *workspace),
            probe=DaemonProbe(settings.dagster_url),
            after=before,
        ),
    ]


def _runs(layout: Layout, module: str) -> Service:
    """The warm host: without it runs begin more slowly, and those it started outlive it."""
    socket = layout.socket("runs")
    words = ("--socket", str(socket), "--module", module)
    return Service(
        "runs",
        (sys.executable, "-m", "platform_assets.runs.host", *words),
        probe=SocketProbe(socket),
        sweeps=False,
        optional=True,
    )


def _board(layout: Layout) -> Service:
    """The page of all models; it shows what else is down, so it waits for nothing."""
    settings = layout.settings
    return Service(
        "board",
        (sys.executable, "-m", "platform_assets.board.serve"),
        probe=HttpProbe(f"{settings.board_url}/health"),
        address=settings.board_url,
        optional=True,
    )


def _after_existing(service: Service, names: set[str]) -> Service:
    kept = tuple(name for name in service.after if name in names)
    return Service(**{**service.__dict__, "after": kept})


def _script(name: str) -> str:
    return str(Path(sys.executable).with_name(name))

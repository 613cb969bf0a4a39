"""What the services are, read off their descriptions."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from dagster._core.instance.config import dagster_instance_config

from platform_assets.cli.stack import dagster_home
from platform_assets.cli.stack.layout import Layout
from platform_assets.cli.stack.processes import marked
from platform_assets.cli.stack.ray_service import PORTS
from platform_assets.cli.stack.services import Service, environment, public_ports, services
from resources.settings import Settings


def listed(layout: Layout) -> dict[str, Service]:
    return {one.name: one for one in services(layout, dict.fromkeys(PORTS, 50_000))}


def test_the_stack_has_these_services(layout):
    expected = ["ray", "serve", "restore", "mlflow", "code", "runs", "dagster", "daemon"]
    expected.append("board")
    assert list(listed(layout)) == expected


def test_a_ray_that_runs_elsewhere_is_not_started(tmp_path):
    layout = Layout(Settings(home=tmp_path, ray_address="http://ray.example:8265"))
    assert {"ray", "serve", "restore"}.isdisjoint(listed(layout))
    assert "restore" not in listed(layout)["daemon"].after


def test_a_tracking_server_elsewhere_needs_none_here(tmp_path):
    layout = Layout(Settings(home=tmp_path, mlflow_uri="https://mlflow.example"))
    assert "mlflow" not in listed(layout)


@pytest.mark.parametrize("name", ["mlflow", "dagster"])
def test_servers_listen_on_loopback(layout, name):
    command = listed(layout)[name].command
    assert command[command.index("--host") + 1] == "127.0.0.1"


def test_the_tracking_server_has_one_worker(layout):
    command = listed(layout)["mlflow"].command
    assert command[command.index("--workers") + 1] == "1"


def test_runs_start_only_when_everything_they_need_is_there(layout):
    assert listed(layout)["daemon"].after == ("code", "mlflow", "restore")
    assert listed(layout)["restore"].after == ("serve",)


def test_every_public_port_has_a_setting(layout):
    assert public_ports(layout) == {
        "SLIPWAY_SERVE_PORT": 8190,
        "SLIPWAY_DAGSTER_PORT": 3179,
        "SLIPWAY_MLFLOW_PORT": 5179,
        "SLIPWAY_BOARD_PORT": 8191,
        "SLIPWAY_RAY_PORT": 6479,
        "SLIPWAY_RAY_DASHBOARD_PORT": 8379,
    }


def test_a_service_carries_the_mark_of_its_stack(layout):
    given = environment(layout, listed(layout)["mlflow"])
    assert (given["SLIPWAY_STACK"], given["SLIPWAY_SERVICE"]) == (layout.mark, "mlflow")
    assert given["SLIPWAY_HOME"] == str(layout.settings.home)


def test_a_process_that_writes_a_title_of_its_own_keeps_the_mark(layout):
    """Ray's two agents do so; their marks were gone, and `down` did not see them."""
    program = "import ray, sys; ray._raylet.setproctitle('ray::Agent'); print(1); sys.stdin.read()"
    with subprocess.Popen(
        (sys.executable, "-u", "-c", program),
        env=environment(layout, listed(layout)["ray"]),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        process.stdout.readline()
        assert [(one.pid, one.cmdline()[0].rstrip()) for one in marked(layout.mark)] == [
            (process.pid, "ray::Agent")
        ]


def test_settings_of_other_installations_do_not_leak_in(layout, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "elsewhere:6379")
    monkeypatch.setenv("DAGSTER_HOME", "/elsewhere")
    given = environment(layout, listed(layout)["code"])
    assert "RAY_ADDRESS" not in given
    assert given["DAGSTER_HOME"] == str(layout.settings.dagster_home)


def test_every_file_lies_under_home(layout):
    given = environment(layout, listed(layout)["ray"])
    files = [value for value in given.values() if str(layout.short) in value]
    assert len(files) > 5
    assert all(layout.settings.home in Path(value).resolve().parents for value in files)


def test_dagster_accepts_its_configuration(layout):
    dagster_home.prepare(layout)
    document, _ = dagster_instance_config(str(layout.settings.dagster_home))
    assert document["telemetry"] == {"enabled": False}
    assert document["run_launcher"]["class"] == "LocalRunLauncher"


def test_one_run_per_model_at_a_time(layout):
    (limit,) = dagster_home.instance_document(layout)["run_queue"]["tag_concurrency_limits"]
    assert limit == {
        "key": "slipway/model",
        "value": {"applyLimitPerUniqueValue": True},
        "limit": 1,
    }


def test_the_workspace_names_the_shared_code_server_alone(layout):
    dagster_home.prepare(layout)
    document = yaml.safe_load(dagster_home.workspace_file(layout).read_text())
    (entry,) = document["load_from"]
    assert entry["grpc_server"]["socket"] == str(layout.socket("code"))


@pytest.mark.parametrize("name", ["ray", "serve", "mlflow", "dagster", "board"])
def test_what_serves_a_model_cannot_sign_one(name, layout, monkeypatch):
    monkeypatch.setenv("SLIPWAY_SIGNING_KEY", "secret")
    assert "SLIPWAY_SIGNING_KEY" not in environment(layout, listed(layout)[name])
    assert environment(layout, listed(layout)["runs"])["SLIPWAY_SIGNING_KEY"] == "secret"

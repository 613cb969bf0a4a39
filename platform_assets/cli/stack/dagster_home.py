"""DAGSTER_HOME: what `slipway up` writes there."""

import sys
from pathlib import Path
from typing import Any

import yaml

from platform_assets.cli.stack.layout import Layout
from platform_assets.run_tags import MODEL_TAG

LOCATION = "slipway"
MODULE = "platform_assets.definitions"
RUNS_AT_ONCE = 2
RETRIES = 2


def instance_document(layout: Layout) -> dict[str, Any]:
    """dagster.yaml: SQLite, one run per model at a time, dead runs noticed and retried."""
    return {
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
        "storage": {"sqlite": {"base_dir": str(layout.settings.dagster_home / "storage")}},
        "run_queue": _queue(),
        "run_launcher": _launcher(layout),
        **_watching(),
        "sensors": {"use_threads": True, "num_workers": 4},
        "schedules": {"use_threads": True, "num_workers": 2},
    }


def _queue() -> dict[str, Any]:
    one_each = {"key": MODEL_TAG, "value": {"applyLimitPerUniqueValue": True}, "limit": 1}
    return {
        "max_concurrent_runs": RUNS_AT_ONCE,
        "dequeue_interval_seconds": 1,
        "tag_concurrency_limits": [one_each],
    }


def _launcher(layout: Layout) -> dict[str, Any]:
    return {
        "module": "platform_assets.runs.launcher",
        "class": "LocalRunLauncher",
        "config": {
            "host_socket": str(layout.socket("runs")),
            "logs": str(layout.settings.logs),
        },
    }


def _watching() -> dict[str, Any]:
    return {
        "run_monitoring": {
            "enabled": True,
            "poll_interval_seconds": 5,
            "start_timeout_seconds": 120,
            "cancel_timeout_seconds": 60,
            "max_resume_run_attempts": 0,
        },
        # A step that fails on purpose fails again; only a run whose process died is repeated.
        "run_retries": {
            "enabled": True,
            "max_retries": RETRIES,
            "retry_on_asset_or_op_failure": False,
        },
    }


def workspace_document(layout: Layout) -> dict[str, Any]:
    """One code server for all: the code is imported once, not by each service."""
    server = {"socket": str(layout.socket("code")), "location_name": LOCATION}
    return {"load_from": [{"grpc_server": server}]}


def workspace_file(layout: Layout) -> Path:
    return layout.settings.dagster_home / "workspace.yaml"


def prepare(layout: Layout) -> None:
    home = layout.settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    _write(home / "dagster.yaml", instance_document(layout))
    _write(workspace_file(layout), workspace_document(layout))


def _write(path: Path, document: dict[str, Any]) -> None:
    head = "# Written by `slipway up`; changes here do not last.\n"
    made = path.with_name(f".{path.name}")
    made.write_text(head + yaml.safe_dump(document, sort_keys=False))
    made.replace(path)


def code_server_command(layout: Layout, module: str, checkout: Path) -> tuple[str, ...]:
    program = str(Path(sys.executable).with_name("dagster"))
    options = ("--module-name", module, "--working-directory", str(checkout))
    place = ("--socket", str(layout.socket("code")), "--location-name", LOCATION)
    return (program, "code-server", "start", *options, *place)

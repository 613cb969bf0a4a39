"""Starts each run as a process of its own, and tells Dagster whether that process lives.

The default launcher makes runs children of the code server and cannot say whether one is alive;
a run whose machine or code server went away would stay "started" for ever.
"""

import contextlib
import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import dagster as dg
import psutil
from dagster._core.launcher import (
    CheckRunHealthResult,
    LaunchRunContext,
    RunLauncher,
    WorkerStatus,
)
from dagster._core.storage.tags import MAX_RETRIES_TAG
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import ConfigurableClass, ConfigurableClassData

from platform_assets.cli.stack.processes import same

WORKER_TAG = "slipway/worker"
HOST_SECONDS = 10.0
UNTAGGED_SECONDS = 30.0
END_SECONDS = 15.0


@dataclass(frozen=True)
class Worker:
    """The process of a run: its id, and when it began, since ids are used again."""

    pid: int
    created: float

    @property
    def process(self) -> psutil.Process | None:
        return same(self.pid, self.created)

    def to_tag(self) -> str:
        return f"{self.pid}@{self.created:.2f}"

    @classmethod
    def from_tags(cls, tags: Mapping[str, str]) -> "Worker | None":
        pid, _, created = tags.get(WORKER_TAG, "").partition("@")
        return cls(int(pid), float(created)) if created else None


class LocalRunLauncher(RunLauncher[dg.DagsterInstance], ConfigurableClass):
    """Forks runs off the host at `host_socket`; without a host it starts a fresh interpreter.

    A fresh interpreter writes what it prints to `logs`/runs-fresh.log.
    """

    def __init__(
        self, host_socket: str, logs: str, inst_data: ConfigurableClassData | None = None
    ) -> None:
        self._host_socket, self._logs, self._inst_data = host_socket, Path(logs), inst_data
        self._fresh: list[subprocess.Popen[bytes]] = []
        super().__init__()  # type: ignore[no-untyped-call]

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        return self._inst_data

    @classmethod
    def config_type(cls) -> dict[str, type]:
        return {"host_socket": str, "logs": str}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]
    ) -> Self:
        return cls(**config_value, inst_data=inst_data)

    def launch_run(self, context: LaunchRunContext) -> None:
        run = context.dagster_run
        if context.job_code_origin is None:
            raise dg.DagsterInvariantViolationError(
                f"run {run.run_id} does not say where its code is"
            )
        arguments = ExecuteRunArgs(
            job_origin=context.job_code_origin,
            run_id=run.run_id,
            instance_ref=self._instance.get_ref(),
            set_exit_code_on_failure=True,
        )
        command = arguments.get_command_args()
        worker = forked(self._host_socket, command[-3:]) or self._interpreter(command)
        self._instance.add_run_tags(run.run_id, {WORKER_TAG: worker.to_tag()})

    def _interpreter(self, command: Sequence[str]) -> Worker:
        self._fresh = [child for child in self._fresh if child.poll() is None]
        with (self._logs / "runs-fresh.log").open("ab") as output:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ},
            )
        self._fresh.append(child)
        return Worker(child.pid, psutil.Process(child.pid).create_time())

    def terminate(self, run_id: str) -> bool:
        """Ask the process to end, and kill it if it does not; such a run is not started again."""
        run = self._instance.get_run_by_id(run_id)
        worker = Worker.from_tags(run.tags) if run and not run.is_finished else None
        process = worker.process if worker else None
        if run is None or process is None:
            return False
        self._instance.report_run_canceling(run)
        self._instance.add_run_tags(run_id, {MAX_RETRIES_TAG: "0"})
        process.terminate()
        later = threading.Timer(END_SECONDS, kill, args=(process,))
        later.daemon = True
        later.start()
        return True

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        worker = Worker.from_tags(run.tags)
        if worker is None:
            # The tag is written a moment after the process began.
            record = self._instance.get_run_record_by_id(run.run_id)
            began = (record and record.start_time) or 0.0
            if time.time() - began < UNTAGGED_SECONDS:
                return CheckRunHealthResult(WorkerStatus.RUNNING)
            return CheckRunHealthResult(WorkerStatus.NOT_FOUND, "no process is known for this run")
        if worker.process is None:
            return CheckRunHealthResult(WorkerStatus.FAILED, f"process {worker.pid} is gone")
        return CheckRunHealthResult(WorkerStatus.RUNNING, run_worker_id=str(worker.pid))


def kill(process: psutil.Process) -> None:
    """End a process that did not listen, since compiled code runs, and what it started."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for one in (*process.children(recursive=True), process):
            one.kill()


def forked(host: str, command: Sequence[str]) -> Worker | None:
    """A child of the host that executes `command`; None without a host, or with one of old code."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(HOST_SECONDS)
            connection.connect(host)
            connection.sendall(json.dumps({"command": list(command)}).encode() + b"\n")
            reply = json.loads(connection.makefile().readline() or "{}")
    except (OSError, ValueError):
        return None
    return Worker(reply["pid"], reply["created"]) if "pid" in reply else None

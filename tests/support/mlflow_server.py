"""MLflow's own server on loopback, for tests that need a real one."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

STARTUP_SECONDS = 120.0


@contextmanager
def mlflow_server(folder: Path, store: str, port: int) -> Iterator[str]:
    """Run the server on a database; yields its address. It ends with the block, with its worker."""
    address = f"http://127.0.0.1:{port}"
    options = {
        "host": "127.0.0.1",
        "port": port,
        "workers": 1,
        "backend-store-uri": store,
        "artifacts-destination": folder / "served",
    }
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")},
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    with (folder / "mlflow.log").open("wb") as log:
        command = [str(Path(sys.executable).with_name("mlflow")), "server", *words]
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        _wait_until_up(server, address)
        yield address
    finally:
        _stop(server)


def _wait_until_up(server: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + STARTUP_SECONDS
    while True:
        try:
            httpx.get(f"{address}/health", trust_env=False).raise_for_status()
        except httpx.HTTPError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                msg = f"no MLflow server at {address}"
                raise TimeoutError(msg) from error
            time.sleep(0.2)
        else:
            return


def _stop(server: subprocess.Popen[bytes]) -> None:
    processes = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    for process in processes:
        process.terminate()
    for process in psutil.wait_procs(processes, timeout=20)[1]:
        process.kill()
    server.wait()

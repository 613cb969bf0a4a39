"""The process that has everything imported already, and forks one child per run.

Importing Dagster, MLflow and scikit-learn takes longer than most runs. The host does it once; a
child begins with it done and is otherwise what `dagster api execute_run` is. When the code
changes, the host starts anew, so that no run sees old code.
"""

import argparse
import atexit
import gc
import hashlib
import importlib
import json
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn, TextIO

import psutil

from resources.settings import CHECKOUT

PACKAGES = ("gitops", "platform_assets", "resources", "serving")
SOURCES = ("*.py", "*.yaml", "*.html", "*.j2")
BACKLOG = 16
# What a run imports only when it is at work: first Dagster's own storage, then the assets' tools.
AT_WORK = (
    "dagster._cli.api",
    "dagster._core.storage.event_log.sqlite",
    "dagster._core.storage.local_compute_log_manager",
    "dagster._core.storage.sqlite_storage",
    "dagster._core.run_coordinator.queued_run_coordinator",
    "platform_assets.runs.launcher",
    "sqlalchemy.dialects.sqlite",
    "deltalake",
    "mlflow.sklearn",
    "mlflow.store.model_registry.sqlalchemy_store",
    "mlflow.store.tracking.sqlalchemy_store",
    "onnxruntime",
    "pandera.backends.pandas.builtin_checks",
    "pandera.backends.pandas.components",
    "pandera.backends.pandas.container",
    "pyarrow.dataset",
    "pyarrow.pandas_compat",
    "skl2onnx",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "skops.io",
)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--socket", type=Path, required=True)
    parser.add_argument("--module", required=True)
    options = parser.parse_args(arguments)
    seen = fingerprint(CHECKOUT)
    preload(options.module)
    with listen(options.socket) as server:
        command = serve(server, seen)
    if command is None:
        os.execv(sys.executable, [sys.executable, "-m", "platform_assets.runs.host", *arguments])  # noqa: S606  itself, with the new code
    leave(command)


def leave(command: Sequence[str]) -> NoReturn:
    """Execute the command and end, with what Python does at its end and nothing of libraries.

    Threads are not forked: at exit, onnxruntime waits for ever for one that only the host has
    (`pthread_cond_destroy`), and the process of a run that had ended stayed, with its memory.
    """
    code = 1
    try:
        code = execute(command)
    finally:
        if sys.exc_info()[0] is not None:
            traceback.print_exc()
        atexit._run_exitfuncs()  # noqa: SLF001  what Python itself does at exit
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def serve(server: socket.socket, seen: str) -> list[str] | None:
    """Fork a child per request; returns the command in a child, None when the code changed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are reaped by the kernel
    while True:
        connection, _ = server.accept()
        with connection, connection.makefile("rw") as stream:
            line = stream.readline()
            if not line:
                continue
            if fingerprint(CHECKOUT) != seen:
                answer(stream, {"stale": True})
                return None
            command: list[str] = json.loads(line)["command"]
            child = os.fork()
            if child == 0:
                return command
            answer(stream, {"pid": child, "created": psutil.Process(child).create_time()})


def answer(stream: TextIO, document: dict[str, object]) -> None:
    stream.write(json.dumps(document) + "\n")
    stream.flush()


def execute(command: Sequence[str]) -> int:
    """Be `dagster api execute_run` in this process; returns its exit code."""
    from dagster._cli.api import api_cli

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    group, *words = command
    result = api_cli.main(args=words, prog_name=f"dagster {group}", standalone_mode=False)
    return int(result or 0)


def preload(module: str) -> None:
    """Import what every run needs, and build the definitions once."""
    from dagster.components.definitions import LazyDefinitions

    for name in AT_WORK:
        importlib.import_module(name)
    for value in list(vars(importlib.import_module(module)).values()):
        if isinstance(value, LazyDefinitions):
            value()
    gc.collect()
    gc.freeze()  # what is loaded now is never copied because a child counts references
    if threading.active_count() > 1:
        names = ", ".join(thread.name for thread in threading.enumerate())
        print(f"threads run before the first fork: {names}", file=sys.stderr)  # noqa: T201  its log


def fingerprint(checkout: Path) -> str:
    """Changes when a file of the code changes."""
    seen = hashlib.sha256()
    files = (
        file
        for package in PACKAGES
        for pattern in SOURCES
        for file in sorted((checkout / package).rglob(pattern))
    )
    for file in files:
        status = file.stat()
        seen.update(f"{file} {status.st_size} {status.st_mtime_ns}\n".encode())
    return seen.hexdigest()


def listen(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen(BACKLOG)
    return server


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

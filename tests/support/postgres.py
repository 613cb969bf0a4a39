"""A Postgres server of its own on loopback, for tests that need a real one."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PASSWORD = "pass/word:1"  # noqa: S105  of a server that lives as long as a test, on loopback
USER = "postgres"


@dataclass(frozen=True)
class Server:
    """A running server; `address` has the password in it."""

    port: int
    folder: Path

    def address(self, database: str = "postgres", user: str = USER) -> str:
        quoted = PASSWORD.replace("/", "%2F").replace(":", "%3A")
        return f"postgresql://{user}:{quoted}@127.0.0.1:{self.port}/{database}"


def binaries() -> Path | None:
    """The folder of `initdb` and `pg_ctl`, the newest one that Debian installed; None without."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def postgres() -> Iterator[Server]:
    """Run a server in a folder of its own; it ends with the block, and the folder goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="slipway-postgres-"))
    server = Server(_free_port(), folder)
    try:
        (folder / "password").write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (folder, folder / "password"):
                shutil.chown(path, USER)
        auth = ["--auth=scram-sha-256", f"--pwfile={folder / 'password'}"]
        _do(server, "initdb", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", *auth)
        options = f"-p {server.port} -c listen_addresses=127.0.0.1 -c fsync=off -k {folder}"
        _do(server, "pg_ctl", "start", "--wait", f"--log={folder / 'log'}", "-o", options)
        try:
            yield server
        finally:
            _do(server, "pg_ctl", "stop", "--wait", "--mode=immediate")
    finally:
        shutil.rmtree(folder)


def _do(server: Server, program: str, *words: str) -> None:
    """The server refuses to be run by root, so it is run by the user that Debian made for it."""
    folder = binaries()
    assert folder is not None, "no Postgres on this machine; install it: apt-get install postgresql"
    command = [str(folder / program), f"--pgdata={server.folder / 'data'}", *words]
    user = USER if os.geteuid() == 0 else None
    # The server keeps what it was given as output, so it is given a file, not a pipe.
    with (server.folder / "said").open("ab") as said:
        subprocess.run(command, user=user, cwd=server.folder, stdout=said, stderr=said, check=True)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])

"""A git host on loopback: git's own `http-backend` behind a server that can fail as told."""

import base64
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

from gitops.plumbing import clean_environment
from gitops.push_forge import ACCOUNT

TOKEN = "a-token-that-nobody-may-see"  # noqa: S105 -- of the tests alone
BASIC = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
ACCEPTED = (BASIC, f"Bearer {TOKEN}")
Way = Literal["502", "403", "redirect", "lose-answer", "hang"]


@dataclass
class Fault:
    """What happens instead of an answer to the next `times` requests whose URL has `part`.

    `lose-answer` does what was asked and closes the connection; `hang` waits for `GitHost.close`.
    """

    part: str
    way: Way
    times: int = 1
    meanwhile: Callable[[], object] = lambda: None


@dataclass
class GitHost:
    """Serves every bare repository below `root` to who shows the token; `requests` is its log."""

    root: Path
    faults: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def make(self, name: str) -> str:
        """A new empty repository; returns its address."""
        run("init", "--quiet", "--bare", "--initial-branch=main", str(self.root / name))
        return f"{self.url}/{name}"

    def git(self, name: str, *arguments: str) -> str:
        """Run git in a repository, as its administrator."""
        return run(f"--git-dir={self.root / name}", *arguments)

    def fault(self, address: str) -> Fault | None:
        found = next((one for one in self.faults if one.times and one.part in address), None)
        if found:
            found.times -= 1
        return found


@contextmanager
def git_host(root: Path) -> Iterator[GitHost]:
    host = GitHost(root)
    server = _Server(host)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield host
    finally:
        host.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def run(*arguments: str, cwd: Path | None = None) -> str:
    """Run git as a person without settings would."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=True,
        env=clean_environment(),
    )
    return done.stdout.strip()


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        self.server.host.requests.append(f"{self.command} {self.path}")
        body = self._body()
        if self.headers.get("Authorization") not in ACCEPTED:
            self._answer(401, b"who are you?", {"WWW-Authenticate": 'Basic realm="git"'})
            return
        fault = self.server.host.fault(self.path)
        if fault:
            self._fail(fault, body)
        else:
            self._answer(*_backend(self.server.host.root, self, body))

    def _fail(self, fault: Fault, body: bytes) -> None:
        fault.meanwhile()
        if fault.way == "hang":
            self.server.host.closing.wait()
        elif fault.way == "lose-answer":
            _backend(self.server.host.root, self, body)
            self._hang_up()
        elif fault.way == "redirect":
            self._answer(302, b"", {"Location": f"http://localhost:1{self.path}"})
        else:
            self._answer(int(fault.way), b"not now")

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: GitHost) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.host = host
        host.url = f"http://127.0.0.1:{self.server_port}"


def _backend(
    root: Path, request: BaseHTTPRequestHandler, body: bytes
) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers that `git http-backend` gives."""
    path, _, query = request.path.partition("?")
    given = {
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH": os.environ["PATH"],
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_METHOD": request.command,
        "REMOTE_USER": "somebody",
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
    }
    done = subprocess.run(
        ["git", "http-backend"], input=body, env=given, capture_output=True, check=False
    )
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    fields = [line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line]
    headers = dict(pair for pair in fields if len(pair) == 2)
    status = int(headers.pop("Status", "200").split(" ")[0])
    headers.pop("Content-Length", None)
    return status, content, headers

"""HTTP for the fake GitHub: whole requests in, whole answers out, connections kept."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any, Self
from urllib.parse import unquote


@dataclass(frozen=True)
class Incoming:
    """One request; the names of headers are in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    def git(self, below: str) -> tuple[str, str, str, dict[str, str], bytes]:
        return self.method, below, self.query, self.headers, self.body


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, status: int, answer: Any, headers: Mapping[str, str]) -> Self:
        body = b"" if answer is None else json.dumps(answer).encode()
        return cls(status, {"content-type": "application/json", **headers}, body)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        path, _, query = self.path.partition("?")
        headers = {key.lower(): value for key, value in self.headers.items()}
        incoming = Incoming(self.command, unquote(path), query, headers, self._body(headers))
        reply = self.server.answer(incoming)  # type: ignore[attr-defined]
        if reply is None:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for key, value in reply.headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)
        self.wfile.flush()

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding") == "chunked":
            return b"".join(iter(self._chunk, b""))
        return self.rfile.read(int(headers.get("content-length", 0)))

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline(), 16)
        content = self.rfile.read(size)
        self.rfile.readline()
        return content

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _answer  # noqa: N815 -- http.server's names

    def log_message(self, *_: object) -> None:
        """Nothing is printed; the exchanges are kept."""

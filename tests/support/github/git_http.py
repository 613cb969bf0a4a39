"""Git over HTTP for the fake: `git http-backend` as the CGI program that it is."""

import subprocess
from pathlib import Path

from gitops.plumbing import clean_environment


def answer(
    folder: Path, method: str, path: str, query: str, headers: dict[str, str], body: bytes, who: str
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of what git says; `path` is below the repository."""
    environment = {
        **clean_environment(),
        "GIT_PROJECT_ROOT": str(folder),
        "GIT_HTTP_EXPORT_ALL": "1",
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""),
        "GIT_PROTOCOL": headers.get("git-protocol", ""),
        "REMOTE_USER": who,
    }
    done = subprocess.run(
        ["git", "http-backend"], input=body, capture_output=True, env=environment, check=True
    )
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    lines = dict(line.split(": ", 1) for line in head.decode().splitlines())
    status = int(lines.pop("Status", "200 OK").split(" ")[0])
    return status, lines, content

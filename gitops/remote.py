"""A git host behind an address: how git calls it, and what the host's refusals mean."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gitops.errors import (
    AccessDenied,
    AddressRefused,
    AtomicUnsupported,
    ForgeUnavailable,
    HostError,
    PushRefused,
    RepositoryMissing,
)
from gitops.plumbing import clean_environment

_SCHEMES = ("https", "http", "ssh", "file")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_SCP = re.compile(r"[\w.-]+@[\w.-]+:(?!//).+")
_DENIED = re.compile(
    r"Authentication failed|could not read (?:Username|Password)|returned error: 40[13]"
    r"|Permission denied|Host key verification failed"
)
_MOVED_AWAY = re.compile(r"returned error: 30\d|unable to update url base from redirection")
_MISSING = re.compile(
    r"not found|returned error: 404|does not appear to be a git repository|does not exist"
)
_REFUSED = re.compile(
    r"^!\t[^\t]*:(?P<ref>[^\t]+)\t\[remote rejected\] \((?P<why>.*)\)$", re.MULTILINE
)
# The server's own transaction lost against another one that is not finished yet.
_BUSY = re.compile(r"failed to update ref|cannot lock ref|unable to (?:create|lock)|atomic trans")


@dataclass(frozen=True)
class Remote:
    """One repository on a git host.

    `authorization` gives the value of the HTTP header of that name, or None; it is asked for each
    command and reaches git through the environment alone. `limit` is how many seconds a command
    may take, `attempts` how often a host that does not answer is called.
    """

    url: str
    authorization: Callable[[], str | None] = lambda: None
    limit: float = 30.0
    attempts: int = 3
    pause: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        check_address(self.url)

    def call(self, git_dir: Path, arguments: Sequence[str], limits: int = 1) -> "Answer":
        """Run one git command that talks to the host, for at most so many times the limit.

        The token is cut out of what it says.
        """
        secret = self._secret()
        command = ["git", f"--git-dir={git_dir}", *arguments]
        environment = {**clean_environment(), **_calm(), **_settings(self, secret)}
        answer = _run(command, environment, self.limit * limits)
        hidden = (part for part in (secret or "").split(" ") if len(part) > len("Bearer"))
        for part in hidden:
            answer = Answer(answer.code, answer.out, answer.err.replace(part, "…"))
        return answer

    def _secret(self) -> str | None:
        secret, parts = self.authorization(), urlsplit(self.url)
        if secret and parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise AddressRefused(self.url, "https://…; a token is not sent unencrypted")
        return secret

    def rest(self, attempt: int) -> None:
        """Wait before attempt number `attempt` + 1, longer each time."""
        self.pause(0.25 * 2**attempt)


@dataclass(frozen=True)
class Answer:
    """How a git command ended; `code` is None if it was stopped for taking too long."""

    code: int | None
    out: str
    err: str

    def problem(self, url: str) -> HostError | RepositoryMissing | None:
        """What stands in the way, as an error; None if the command did what it should."""
        if self.code == 0:
            return None
        refused = [found for found in _REFUSED.finditer(self.out) if not _BUSY.search(found["why"])]
        if refused:
            said = "; ".join(_said_by_host(self.err)) or refused[0]["why"]
            return PushRefused(url, refused[0]["ref"], f"{refused[0]['why']}: {said}")
        return self._of_the_host(url)

    def _of_the_host(self, url: str) -> HostError | RepositoryMissing:
        if "does not support --atomic" in self.err:
            return AtomicUnsupported(url)
        if _DENIED.search(self.err):
            return AccessDenied(url, self._last_words())
        if _MOVED_AWAY.search(self.err):
            return AddressRefused(url, "an address that the host does not redirect elsewhere")
        if _MISSING.search(self.err):
            return RepositoryMissing(url, self._last_words())
        return ForgeUnavailable(url, self._last_words())

    def _last_words(self) -> str:
        if self.code is None:
            return "no end of the command in sight"
        lines = [line for line in self.err.splitlines() if line.startswith(("fatal:", "error:"))]
        return (lines or self.err.splitlines() or [f"git ended with {self.code}"])[0][:500]


def is_address(repository: str) -> bool:
    """Is it the address of a host and no path of this machine?"""
    return "://" in repository or "::" in repository or bool(_SCP.fullmatch(repository))


def check_address(url: str) -> None:
    """AddressRefused unless it is one git may be given: no secret in it, no option, no helper."""
    expected = "https://…, http://…, ssh://…, file://… or user@host:path"
    if _SCP.fullmatch(url):
        return
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES or not (parts.netloc or parts.path) or not url.isprintable():
        raise AddressRefused(url, expected)
    if parts.password is not None:
        shown = url.replace(f":{parts.password}@", ":…@")
        raise AddressRefused(shown, "no password in it; SLIPWAY_GITOPS_TOKEN holds it")


def _said_by_host(stderr: str) -> list[str]:
    lines = (line.strip() for line in stderr.splitlines())
    told = (line.removeprefix("remote:").strip() for line in lines if line.startswith("remote:"))
    return [line[:300] for line in told if line][:5]


def _calm() -> dict[str, str]:
    """Nothing asks a person for anything."""
    return {
        "GIT_ASKPASS": "false",
        "SSH_ASKPASS": "false",
        "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ConnectTimeout=15",
    }


def _settings(remote: Remote, secret: str | None) -> dict[str, str]:
    """Git's configuration for one command; a redirect would carry the header to another host."""
    settings = {
        "http.followRedirects": "false",
        "http.lowSpeedLimit": "1",
        "http.lowSpeedTime": str(max(1, int(remote.limit / 2))),
    }
    if secret:
        settings[f"http.{remote.url}.extraHeader"] = f"Authorization: {secret}"
    return as_variables(settings)


def as_variables(settings: Mapping[str, str]) -> dict[str, str]:
    """Settings in the form in which git reads them from the environment."""
    numbered = dict(enumerate(settings.items()))
    return {
        "GIT_CONFIG_COUNT": str(len(numbered)),
        **{f"GIT_CONFIG_KEY_{number}": key for number, (key, _) in numbered.items()},
        **{f"GIT_CONFIG_VALUE_{number}": value for number, (_, value) in numbered.items()},
    }


def _run(command: Sequence[str], environment: Mapping[str, str], limit: float) -> Answer:
    """Git's transport is a process of its own, so the whole group is stopped at the limit."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
        text=True,
        errors="replace",
    ) as process:
        try:
            out, err = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            return Answer(None, "", "")
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
    return Answer(process.returncode, out, err)

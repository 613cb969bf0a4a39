"""Who asks GitHub: a token, or an App that gets itself a new one every hour."""

import base64
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeAlias

from pydantic import SecretStr

from gitops.errors import AddressRefused

_ADDRESS = re.compile(r"(?P<git>https?://[^/@]+)/(?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)(?:\.git)?/?")
EARLY = timedelta(minutes=5)
HOLDER = "SLIPWAY_GITHUB_TOKEN, or SLIPWAY_GITHUB_APP_ID with _APP_KEY and _APP_INSTALLATION,"


@dataclass(frozen=True)
class Token:
    """A personal or machine token."""

    value: SecretStr


@dataclass(frozen=True)
class App:
    """A GitHub App's number, its private key as PEM, and the number of its installation."""

    number: int
    key: SecretStr
    installation: int


Account: TypeAlias = Token | App


@dataclass(frozen=True)
class GitHubRepository:
    """One repository; `api` and `git` are other addresses on GitHub Enterprise Server."""

    owner: str
    name: str
    api: str = "https://api.github.com"
    git: str = "https://github.com"

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    @property
    def clone_url(self) -> str:
        return f"{self.git}/{self.full_name}.git"

    @property
    def graphql(self) -> str:
        return f"{self.api.removesuffix('/v3')}/graphql"


def repository_at(address: str, api: str = "") -> GitHubRepository:
    """The repository behind `https://host/owner/name.git`; AddressRefused if it is none.

    `api` is where the API is, if the host is not github.com.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise AddressRefused(address, "https://github.com/OWNER/NAME, since an account is set")
    if found["git"] == "https://github.com":
        return GitHubRepository(found["owner"], found["name"], api or "https://api.github.com")
    if not api:
        raise AddressRefused(address, "https://github.com/…, or SLIPWAY_GITHUB_API beside it")
    return GitHubRepository(found["owner"], found["name"], api.rstrip("/"), found["git"])


def account_of(token: str, app: int | None, key: str, installation: int | None) -> Account | None:
    """The account that the settings name, a token first; None if they name none.

    AddressRefused if an App is named in part.
    """
    if token:
        return Token(SecretStr(token))
    if app is None and not key and installation is None:
        return None
    if app is None or not key or installation is None:
        missing = {"_APP_ID": app, "_APP_KEY": key, "_APP_INSTALLATION": installation}
        names = ", ".join(f"SLIPWAY_GITHUB{name}" for name, value in missing.items() if not value)
        raise AddressRefused("a GitHub App", f"{names} too")
    return App(app, SecretStr(key.replace("\\n", "\n")), installation)


class Access(Protocol):
    """Where the token of the moment comes from."""

    def token(self) -> str: ...


@dataclass(frozen=True)
class TokenAccess:
    account: Token

    def token(self) -> str:
        return self.account.value.get_secret_value()


@dataclass(frozen=True)
class Issued:
    """A token of an installation, and when it ends."""

    token: SecretStr
    expires: datetime


class AppAccess:
    """Keeps the token of an installation and has a new one issued before it ends.

    `issue` asks GitHub; any number of threads may ask for the token at once.
    """

    def __init__(
        self,
        issue: Callable[[], Issued],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._issue, self._clock = issue, clock
        self._lock = threading.Lock()
        self._issued = Issued(SecretStr(""), datetime.fromtimestamp(EARLY.total_seconds(), UTC))

    def token(self) -> str:
        with self._lock:
            if self._clock() >= self._issued.expires - EARLY:
                self._issued = self._issue()
            return self._issued.token.get_secret_value()


def git_authorization(access: Access) -> str:
    """The header by which git shows the token of the moment."""
    pair = base64.b64encode(f"x-access-token:{access.token()}".encode()).decode()
    return f"Basic {pair}"

"""Who asks GitHub: a token, or an App that gets itself a new one every hour."""

import base64
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeAlias

from pydantic import SecretStr

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

    token: str
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
        self._lock, self._issued = (
            threading.Lock(),
            Issued("", datetime.fromtimestamp(EARLY.total_seconds(), UTC)),
        )

    def token(self) -> str:
        with self._lock:
            if self._clock() >= self._issued.expires - EARLY:
                self._issued = self._issue()
            return self._issued.token


def git_authorization(access: Access) -> str:
    """The header by which git shows the token of the moment."""
    pair = base64.b64encode(f"x-access-token:{access.token()}".encode()).decode()
    return f"Basic {pair}"

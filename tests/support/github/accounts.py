"""Who may ask the fake GitHub: plain tokens, Apps with their keys, and tokens of installations."""

import itertools
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.github.repository import Refused

WRITES = frozenset(
    f"{part}:{access}"
    for part in ("contents", "pull_requests", "statuses", "metadata")
    for access in ("read", "write")
)
LONGEST_JWT = timedelta(minutes=10)


@dataclass
class Account:
    """Who a token stands for and what it may do, until it expires."""

    login: str
    permissions: frozenset[str] = WRITES
    expires: datetime | None = None


@dataclass
class Accounts:
    """`lifetime` is how long a new installation token lives."""

    tokens: dict[str, Account] = field(default_factory=dict)
    apps: dict[int, rsa.RSAPublicKey] = field(default_factory=dict)
    installations: dict[int, int] = field(default_factory=dict)
    lifetime: timedelta = timedelta(hours=1)
    issued: Any = field(default_factory=lambda: itertools.count(1))

    def token(self, login: str, permissions: frozenset[str] = WRITES) -> str:
        """A new plain token of a person."""
        made = f"ghp_{login}{next(self.issued):04}"
        self.tokens[made] = Account(login, permissions)
        return made

    def app(self, app: int, installation: int) -> str:
        """Register an App with one installation and return its private key as PEM."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.apps[app], self.installations[installation] = key.public_key(), app
        return key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        ).decode()

    def who(self, authorization: str) -> Account:
        """The account behind an `Authorization` header; Refused 401."""
        _, _, token = authorization.partition(" ")
        account = self.tokens.get(token)
        over = account and account.expires and account.expires <= datetime.now(UTC)
        if account is None or over:
            raise Refused(401, "Bad credentials")
        return account

    def basic(self, authorization: str) -> Account:
        """The same for git, which sends the token as a password."""
        try:
            plain = b64decode(authorization.removeprefix("Basic "), validate=True).decode()
        except ValueError:
            raise Refused(401, "Bad credentials") from None
        return self.who(f"token {plain.rpartition(':')[2]}")

    def install(self, authorization: str, installation: int) -> dict[str, Any]:
        """A new token of an installation, for an App that proves its key."""
        app = self._app(authorization.removeprefix("Bearer "))
        if self.installations.get(installation) != app:
            raise Refused(404, "Not Found")
        expires = datetime.now(UTC) + self.lifetime
        made = f"ghs_{installation}x{next(self.issued):04}"
        self.tokens[made] = Account(f"slipway-{app}[bot]", expires=expires)
        return {
            "token": made,
            "expires_at": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "permissions": {"contents": "write", "pull_requests": "write", "statuses": "write"},
            "repository_selection": "selected",
        }

    def _app(self, token: str) -> int:
        try:
            app = int(jwt.decode(token, options={"verify_signature": False})["iss"])
            claims = jwt.decode(token, self.apps[app], algorithms=["RS256"])
        except (jwt.PyJWTError, KeyError, ValueError):
            raise Refused(401, "A JSON web token could not be decoded") from None
        if claims["exp"] - claims["iat"] > LONGEST_JWT.total_seconds():
            raise Refused(401, "'Expiration time' claim ('exp') is too far in the future")
        return app

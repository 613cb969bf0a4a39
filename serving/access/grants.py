"""Who may ask what: a document of tokens that holds their SHA-256 and never a token itself."""

import hashlib
import secrets
from datetime import UTC, datetime
from typing import Literal

from limits import parse_many
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from serving.errors import GrantsError

PREFIX = "slw_"
ANY = "*"
OWN = "slipway"
"""The name of the token that the platform shows itself."""

PROBE = "slipway-probe-"
"""How the id of a request begins that the platform makes to judge an endpoint: no caller's."""

Scope = Literal["read", "infer"]


class Grant(BaseModel):
    """What one token may do, and until when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="Of the token, in hexadecimal.")
    models: tuple[str, ...] = Field(default=(ANY,), min_length=1, description="`*` is all.")
    scope: Scope = Field(default="infer", description="`infer` includes `read`.")
    rate: str = Field(default="", description="E.g. `100/second; 5000/hour`; empty: no limit.")
    created: AwareDatetime
    expires: AwareDatetime | None = None

    @field_validator("rate")
    @classmethod
    def _rate(cls, rate: str) -> str:
        if rate:
            parse_many(rate)
        return rate

    def covers(self, model: str) -> bool:
        """Whether it was given out for this model."""
        return ANY in self.models or model in self.models

    def allows(self, scope: Scope) -> bool:
        """Whether it is enough for what is asked."""
        return scope in ("read", self.scope)


class Grants(BaseModel):
    """The whole document: the content of a file, or of a variable."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    tokens: tuple[Grant, ...] = ()

    @model_validator(mode="after")
    def _named_once(self) -> "Grants":
        names = [grant.name for grant in self.tokens]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"named twice: {', '.join(twice)}")
        return self

    def named(self, name: str) -> Grant | None:
        return next((grant for grant in self.tokens if grant.name == name), None)

    def with_one(self, grant: Grant) -> "Grants":
        """The same with `grant`, in place of one of its name."""
        return Grants(tokens=(*self.without(grant.name).tokens, grant))

    def without(self, name: str) -> "Grants":
        return Grants(tokens=tuple(grant for grant in self.tokens if grant.name != name))


def new_token() -> str:
    """256 random bits; the prefix is for those who look for secrets in what is published."""
    return PREFIX + secrets.token_urlsafe(32)


def grant_for(
    token: str,
    name: str,
    models: tuple[str, ...] = (ANY,),
    scope: Scope = "infer",
    expires: datetime | None = None,
    rate: str = "",
) -> Grant:
    """What the document keeps of a token; GrantsError for a name or rate that cannot be."""
    document = {
        "name": name,
        "sha256": hashlib.sha256(token.encode()).hexdigest(),
        "models": models,
        "scope": scope,
        "rate": rate,
        "created": datetime.now(UTC).replace(microsecond=0),
        "expires": expires,
    }
    try:
        return Grant.model_validate(document)
    except ValidationError as error:
        raise GrantsError(f"token {name!r}", _problems(error)) from None


def read_grants(text: str, where: str) -> Grants:
    """Read a document; `where` is what it is called in errors.

    Raises
    ------
    GrantsError
        Naming each field and what was expected. It quotes no value, since one may be a token.
    """
    try:
        return Grants.model_validate_json(text)
    except ValidationError as error:
        raise GrantsError(where, _problems(error)) from None


def _problems(error: ValidationError) -> list[str]:
    return [
        f"{'.'.join(map(str, item['loc'])) or 'document'}: {item['msg']}"
        for item in error.errors(include_input=False)
    ]

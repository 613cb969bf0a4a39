"""Serve's `user_config`: what a replica is told to answer with."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from serving.errors import ConfigError
from serving.quoting import quote
from serving.stored import check_address


class BundleTarget(BaseModel):
    """Which bundle to serve: where it is, what it must be, and what people call it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    uri: str
    digest: str = Field(pattern="^sha256:[0-9a-f]{64}$")
    version: str = Field(pattern="^[A-Za-z0-9._-]{1,64}$")


class Fault(BaseModel):
    """A fault injected for drills: every answer of the model waits this long."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    delay_ms: int = Field(default=0, ge=0, le=60_000)


class CanaryTarget(BaseModel):
    """A candidate beside `bundle`.

    `weight` is the share of request keys that it answers, `shadow` the share of requests that both
    score, behind the answer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bundle: BundleTarget
    weight: float = Field(ge=0, le=1)
    shadow: float = Field(default=1.0, ge=0, le=1)
    fault: Fault = Fault()


class RolloutConfig(BaseModel):
    """Serve's `user_config` of the deployment `ModelServer`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bundle: BundleTarget
    fault: Fault = Fault()
    canary: CanaryTarget | None = None

    @model_validator(mode="after")
    def _two_bundles(self) -> Self:
        if self.canary is not None and self.canary.bundle.digest == self.bundle.digest:
            raise ValueError("canary.bundle is the same as bundle, expected another digest")
        return self


def parse_config(user_config: Mapping[str, Any]) -> RolloutConfig:
    """Read a `user_config`.

    Raises
    ------
    ConfigError
        Naming each key, the value received and what was expected; `UnsupportedScheme` for a
        bundle that is neither on a mounted file system nor on s3://.
    """
    try:
        config = RolloutConfig.model_validate(user_config)
    except ValidationError as error:
        raise ConfigError(
            [
                f"{'.'.join(map(str, item['loc'])) or 'document'}: {item['msg']}, "
                f"got {quote(item['input'])}"
                for item in error.errors()
            ]
        ) from error
    check_address(config.bundle.uri)
    if config.canary is not None:
        check_address(config.canary.bundle.uri)
    return config

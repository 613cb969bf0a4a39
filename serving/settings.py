"""What the door lets in, read once from `SLIPWAY_…` environment variables."""

from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from serving.access.callers import Callers
from serving.errors import ConfigError
from serving.seal import public_keys


class ServingSettings(BaseSettings):
    """Who may ask, what one request may cost, and which bundles may answer it."""

    model_config = SettingsConfigDict(env_prefix="SLIPWAY_", extra="forbid", frozen=True)

    access: Literal["tokens", "open"] = Field(
        default="tokens",
        description="Whether endpoints ask for a token: tokens, or open to whoever reaches them.",
    )
    api_tokens_file: str = Field(
        default="",
        description="File that says which tokens endpoints know; empty: `serve/tokens.json` in "
        "the state folder, and none where a model is served without `slipway up`.",
    )
    api_tokens: SecretStr | None = Field(
        default=None, description="The content of such a file, for where there is none."
    )
    max_rows: int = Field(default=10_000, ge=1, description="Rows in one request.")
    max_body_bytes: int = Field(
        default=16 * 1024 * 1024, ge=1024, description="Bytes in the body of one request."
    )
    max_wait_ms: float = Field(
        default=100.0,
        gt=0,
        le=60_000,
        description="Milliseconds that a request waits for its turn; beyond that it is refused.",
    )
    body_seconds: float = Field(
        default=30.0, gt=0, le=3600, description="Seconds that the body of a request may take."
    )
    predictions_uri: str = Field(
        default="",
        description="Folder of the files of the prediction log; empty: `predictions` in the state "
        "folder, and no log where a model is served without `slipway up`.",
    )
    log_sample: float = Field(
        default=1.0, ge=0, le=1, description="Share of requests that are logged, by their ids."
    )
    canary_key: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9-]{0,64}$",
        description="Header whose value says which version of two answers; empty, or a request "
        "without it: the request's id.",
    )
    trusted_types: str = Field(
        default="",
        pattern=r"^\s*([A-Za-z_][\w.]*(\s*,\s*|\s*$))*$",
        description="Types that skops models may hold beyond the usual ones; full names, commas.",
    )

    bundle_public_key: str = Field(
        default="",
        description="Ed25519 keys, one of which must have signed a bundle; empty: none is asked "
        "for.",
    )

    bundle_cache: str = Field(
        default="",
        description="Folder that keeps bundles of s3://; empty: `cache/bundles` in the state "
        "folder, and the machine's folder for temporary files where a model is served without "
        "`slipway up`.",
    )

    @field_validator("predictions_uri")
    @classmethod
    def _local(cls, uri: str) -> str:
        folder = uri.removeprefix("file://")
        if "://" in folder:
            raise ValueError("expected a local folder or file://")
        return folder

    @field_validator("bundle_public_key")
    @classmethod
    def _keys(cls, text: str) -> str:
        public_keys(text)
        return text

    @property
    def callers(self) -> Callers | None:
        """The tokens that are known; None if nobody is asked. GrantsError if they are none."""
        if self.access == "open":
            return None
        text = self.api_tokens.get_secret_value() if self.api_tokens else ""
        return Callers(text, Path(self.api_tokens_file) if self.api_tokens_file else None)

    @property
    def keys(self) -> tuple[Ed25519PublicKey, ...]:
        """The keys in `bundle_public_key`."""
        return public_keys(self.bundle_public_key)

    @property
    def cache(self) -> Path | None:
        """Where bundles of buckets are kept; None if nobody said."""
        return Path(self.bundle_cache).expanduser() if self.bundle_cache else None

    @property
    def predictions(self) -> Path | None:
        """Where predictions are logged; None if they are not."""
        return Path(self.predictions_uri) if self.predictions_uri and self.log_sample else None

    @property
    def trusted(self) -> tuple[str, ...]:
        """The names in `trusted_types`."""
        return tuple(name.strip() for name in self.trusted_types.split(",") if name.strip())


def load_settings() -> ServingSettings:
    """Read the environment.

    Raises
    ------
    ConfigError
        Naming each variable, the value received and what was expected.
    """
    try:
        return ServingSettings()
    except ValidationError as error:
        raise ConfigError(
            [
                f"SLIPWAY_{'_'.join(map(str, item['loc'])).upper()}: {item['msg']}, "
                f"got {str(item['input'])!r}"
                for item in error.errors()
            ]
        ) from error

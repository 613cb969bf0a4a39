"""Where object stores and databases are: settings whose names or number are not Slipway's own."""

from functools import cached_property

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from resources.errors import SettingsError


class AwsSettings(BaseSettings):
    """Where S3 is, by the names of the AWS SDKs; they read the keys themselves."""

    model_config = SettingsConfigDict(
        env_prefix="AWS_", env_ignore_empty=True, extra="ignore", frozen=True
    )

    endpoint_url: str = Field(default="", description="Address of every service; empty: AWS.")
    endpoint_url_s3: str = Field(default="", description="Address of S3 alone; goes first.")
    region: str = Field(default="", description="Region; goes first.")
    default_region: str = Field(default="", description="Region.")
    allow_http: bool = Field(default=False, description="Unencrypted beyond this machine too.")

    @cached_property
    def s3_endpoint(self) -> str:
        return self.endpoint_url_s3 or self.endpoint_url

    @cached_property
    def s3_region(self) -> str:
        return self.region or self.default_region


class SqlSettings(BaseSettings):
    """Addresses of the databases that models read, each under a name of its own."""

    model_config = SettingsConfigDict(
        env_prefix="SLIPWAY_",
        env_ignore_empty=True,
        env_nested_delimiter="_",
        env_nested_max_split=1,
        extra="ignore",
        frozen=True,
    )

    sql: dict[str, SecretStr] = Field(
        default_factory=dict, description="By name in lower case: dialect://user:password@host/db."
    )

    def address(self, connection: str) -> SecretStr:
        """The address under a name; SettingsError if its variable is not set."""
        if connection.lower() not in self.sql:
            raise SettingsError(
                f"SLIPWAY_SQL_{connection}: not set, expected dialect://user:password@host/database"
            )
        return self.sql[connection.lower()]

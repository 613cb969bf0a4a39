"""Every setting of the platform, read once from `SLIPWAY_…` environment variables."""

from functools import cached_property
from ipaddress import IPv4Address
from pathlib import Path

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from gitops.choose import place_of
from gitops.push_forge import ACCOUNT, Scheme
from resources.store_settings import AwsSettings, SqlSettings
from resources.variables import read

__all__ = [
    "CHECKOUT",
    "AwsSettings",
    "Settings",
    "SqlSettings",
    "load_aws_settings",
    "load_settings",
    "ray_token",
]

CHECKOUT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Where state lives and where services listen; the defaults need no account and no key.

    A variable that is empty counts as one that is not set.
    """

    model_config = SettingsConfigDict(
        env_prefix="SLIPWAY_", env_ignore_empty=True, extra="forbid", frozen=True
    )

    home: Path = Field(
        default=CHECKOUT / ".slipway",
        description="Folder of all state: landing files, lake, bundles, git, Dagster, logs.",
    )
    serve_port: int = Field(default=8000, ge=1024, le=65535, description="Endpoints of the models.")
    serve_host: IPv4Address = Field(
        default=IPv4Address("127.0.0.1"),
        description="Address at which endpoints listen; beyond this machine only with TLS.",
    )
    tls_cert_file: Path | None = Field(
        default=None, description="Certificate of the endpoints, PEM with those above it."
    )
    tls_key_file: Path | None = Field(
        default=None, description="Its private key, PEM without a password."
    )
    dagster_port: int = Field(default=3000, ge=1024, le=65535, description="Dagster UI.")
    mlflow_port: int = Field(default=5000, ge=1024, le=65535, description="MLflow UI.")
    board_port: int = Field(
        default=8765, ge=1024, le=65535, description="The board: every model on one page."
    )
    ray_port: int = Field(
        default=6379, ge=1024, le=65535, description="Ray's control service (GCS)."
    )
    ray_dashboard_port: int = Field(
        default=8265, ge=1024, le=65535, description="Ray's dashboard and the REST API of Serve."
    )
    ray_address: str = Field(
        default="",
        description="REST address of a Ray cluster that runs already; empty starts a local one.",
    )
    lake_uri: str = Field(
        default="", description="Folder or s3:// prefix of the Delta tables; empty: `home`/lake."
    )
    artifacts_uri: str = Field(
        default="",
        description="Folder of bundles and reports; empty: `home`/artifacts.",
    )
    mlflow_uri: str = Field(
        default="", description="MLflow tracking URI; empty: SQLite under `home`/mlflow."
    )
    gitops_repo: str = Field(
        default="",
        description="Repository that says what is live, a path or an address of a git host; "
        "empty: a bare one at `home`/gitops.git.",
    )
    gitops_token: SecretStr | None = Field(
        default=None, description="Token or password that the git host asks for."
    )
    gitops_user: str = Field(
        default=ACCOUNT, description="Name that goes with the token under basic."
    )
    gitops_auth: Scheme = Field(
        default="basic", description="How the token is shown to the git host: basic or bearer."
    )
    gitops_signing_key: SecretStr | None = Field(
        default=None, description="OpenSSH private key that signs Slipway's commits; or the next."
    )
    gitops_signing_key_file: Path | None = Field(
        default=None, description="The same in a file; no passphrase."
    )
    gitops_signers_file: Path | None = Field(
        default=None, description="Who may sign: a file of ALLOWED SIGNERS, see man ssh-keygen."
    )
    github_token: SecretStr | None = Field(
        default=None, description="Token of GitHub; the GitOps repository is then one on GitHub."
    )
    github_app_id: int | None = Field(
        default=None, ge=1, description="Number of a GitHub App, in place of a token."
    )
    github_app_key: SecretStr | None = Field(
        default=None, description="Private key of the GitHub App, as PEM."
    )
    github_app_installation: int | None = Field(
        default=None, ge=1, description="Number of the App's installation at the repository."
    )
    github_api: str = Field(
        default="", description="Address of the API of a GitHub Enterprise Server."
    )
    lake_retention_days: int = Field(
        default=30, ge=1, le=3650, description="Days that files which left a table are kept for."
    )
    health_timeout: float = Field(
        default=120.0, gt=0, le=3600, description="Seconds a deployment has to become healthy."
    )
    notify_urls: SecretStr | None = Field(
        default=None,
        description="Addresses that apprise tells when a deployment or an alert changes state, "
        "with spaces between.",
    )
    signing_key: SecretStr | None = Field(
        default=None, description="Ed25519 key that signs bundles, as PEM or 32 bytes in base64."
    )
    signing_key_file: Path | None = Field(
        default=None, description="File with that key; the variable without _FILE goes first."
    )
    bundle_public_key: str = Field(
        default="",
        description="Ed25519 keys, one of which must have signed a bundle; empty: none is asked "
        "for.",
    )
    trusted_types: str = Field(
        default="",
        pattern=r"^\s*([A-Za-z_][\w.]*(\s*,\s*|\s*$))*$",
        description="Types that skops models may hold beyond the usual ones; full names, commas.",
    )
    predictions_uri: str = Field(
        default="",
        description="Folder of the files of the prediction log; empty: `predictions` in the state "
        "folder, and no log where a model is served without `slipway up`.",
    )
    api_tokens_file: str = Field(
        default="",
        description="File that says which tokens endpoints know; empty: `serve/tokens.json` in "
        "the state folder, and none where a model is served without `slipway up`.",
    )
    api_token: SecretStr | None = Field(
        default=None,
        description="Token that checks of deployments show to endpoints; unset: the one that "
        "`slipway up` made.",
    )
    train_ray_address: str = Field(
        default="",
        description="Ray cluster that fits the trials of a search, host:port or ray://host:port; "
        "empty: this machine.",
    )
    ray_token: SecretStr | None = Field(
        default=None, description="Ray's token; unset: the one that `slipway up` made."
    )

    @model_validator(mode="after")
    def _tls(self) -> "Settings":
        if (self.tls_cert_file is None) != (self.tls_key_file is None):
            raise ValueError("SLIPWAY_TLS_CERT_FILE and SLIPWAY_TLS_KEY_FILE go together")
        if not self.serve_host.is_loopback and self.tls_cert_file is None:
            raise ValueError(
                f"SLIPWAY_SERVE_HOST={self.serve_host} would send tokens unencrypted; set "
                "SLIPWAY_TLS_CERT_FILE and SLIPWAY_TLS_KEY_FILE too"
            )
        return self

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().resolve()

    @field_validator("artifacts_uri", "predictions_uri")
    @classmethod
    def _local(cls, uri: str) -> str:
        folder = uri.removeprefix("file://")
        if "://" in folder:
            raise ValueError("expected a local folder or file://")
        return folder

    @cached_property
    def landing(self) -> Path:
        """The folder in which deliveries arrive, one folder per model below it."""
        return self.home / "landing"

    def landing_of(self, model: str, location: str = "") -> Path:
        """Where the files of a model arrive; a relative location is below `home`."""
        return self.home / Path(location).expanduser() if location else self.landing / model

    @cached_property
    def lake(self) -> str:
        return self.lake_uri or str(self.home / "lake")

    @cached_property
    def artifacts(self) -> Path:
        return Path(self.artifacts_uri) if self.artifacts_uri else self.home / "artifacts"

    @cached_property
    def cache(self) -> Path:
        """Copies of what lies on s3://; it may be deleted at any time."""
        return self.home / "cache"

    @cached_property
    def predictions(self) -> Path:
        """Where serving processes write what they answered, one folder per environment."""
        return Path(self.predictions_uri or self.home / "predictions").absolute()

    @cached_property
    def trusted(self) -> tuple[str, ...]:
        """The names in `trusted_types`."""
        return tuple(name.strip() for name in self.trusted_types.split(",") if name.strip())

    @cached_property
    def tokens(self) -> Path:
        """Which tokens endpoints know."""
        return Path(self.api_tokens_file or self.home / "serve" / "tokens.json").absolute()

    @cached_property
    def api_token_file(self) -> Path:
        """Where `slipway up` keeps the token that it shows to endpoints itself (mode 0600)."""
        return self.home / "serve" / "token"

    @cached_property
    def mlflow_tracking(self) -> str:
        return self.mlflow_uri or f"sqlite:///{self.home / 'mlflow' / 'mlflow.db'}"

    @cached_property
    def gitops_path(self) -> Path:
        """The bare repository on this machine, or the mirror of one on a git host."""
        return place_of(self.gitops_repo, self.home)

    @cached_property
    def ray_token_file(self) -> Path:
        """Where `slipway up` keeps the token that Ray asks for (mode 0600)."""
        return self.home / "ray" / "token"

    @cached_property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @cached_property
    def logs(self) -> Path:
        return self.home / "logs"

    @cached_property
    def serve_api(self) -> str:
        """Base address of Ray's dashboard, which carries the REST API of Serve."""
        return self.ray_address or f"http://127.0.0.1:{self.ray_dashboard_port}"

    @cached_property
    def serve_url(self) -> str:
        """Where this machine finds the endpoints; without TLS they listen on 127.0.0.1 alone."""
        elsewhere = self.tls_cert_file is not None and not self.serve_host.is_unspecified
        host = self.serve_host if elsewhere else "127.0.0.1"
        return f"{self.serve_scheme}://{host}:{self.serve_port}"

    @cached_property
    def serve_scheme(self) -> str:
        return "http" if self.tls_cert_file is None else "https"

    @property
    def notify_addresses(self) -> str:
        """The addresses in the clear; empty for none."""
        return self.notify_urls.get_secret_value() if self.notify_urls else ""

    @cached_property
    def dagster_url(self) -> str:
        return f"http://127.0.0.1:{self.dagster_port}"

    @cached_property
    def board_url(self) -> str:
        return f"http://127.0.0.1:{self.board_port}"

    @cached_property
    def mlflow_url(self) -> str:
        return f"http://127.0.0.1:{self.mlflow_port}"


def ray_token(settings: Settings) -> str | None:
    """The token that Ray asks for: the one from the environment, or the one `slipway up` made."""
    if settings.ray_token is not None:
        return settings.ray_token.get_secret_value()
    file = settings.ray_token_file
    return file.read_text().strip() if file.is_file() else None


def load_settings() -> Settings:
    """Read the environment; SettingsError for what cannot be used, see `resources.variables`."""
    return read(Settings)


def load_aws_settings() -> AwsSettings:
    """The same for the variables of the AWS SDKs."""
    return read(AwsSettings)
